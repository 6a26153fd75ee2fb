// SPDX-License-Identifier: Apache-2.0
import Glibc
import Registry

/// A registry that is looked at again and again: opened anew when another file is put in its place,
/// read only when something has been committed.
struct WatchedRegistry {
    let path: String
    private var registry: Registry?
    private var fileIdentity: [UInt64] = []
    private var found = -1
    private var seen = -1

    init(path: String) { self.path = path }

    /// - Returns: the registry if it holds what has not been seen; `nil` if it does not.
    mutating func news() throws(RegistryError) -> Registry? {
        let identity = try Self.identity(of: path)
        if registry == nil || identity != fileIdentity {
            registry = nil
            registry = try Registry(path: path, mode: .readOnly)
            fileIdentity = identity
            seen = -1
        }
        guard let registry else { return nil }
        found = try registry.dataVersion()
        return found == seen ? nil : registry
    }

    /// What the last `news` gave has been read.
    mutating func acknowledge() { seen = found }

    /// Whatever the next look finds is news.
    mutating func forget() { seen = -1 }

    /// Device and inode: a file put in another's place is another registry.
    private static func identity(of path: String) throws(RegistryError) -> [UInt64] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let code = errno
            if code == ENOENT { throw .absent(path: path) }
            throw .cannotOpen(path: path, reason: String(cString: strerror(code)))
        }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }
}
