// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Writes a file as a whole: beside its place first, then moved there, so that nobody ever reads a
/// part of it.
enum OutputFile {
    static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        var status = stat()
        // A device or a pipe is written straight; there is nothing to replace.
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        let place = isSpecial ? path : "\(path).\(getpid()).part"
        let flags = isSpecial ? O_WRONLY : O_WRONLY | O_CREAT | O_TRUNC
        let descriptor = open(place, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        do throws(CommandFailure) {
            try fill(descriptor, bytes, path)
            guard isSpecial || rename(place, path) == 0 else { throw failure(path) }
        } catch {
            if !isSpecial { unlink(place) }
            throw error
        }
    }

    private static func fill(
        _ descriptor: Int32, _ bytes: [UInt8], _ path: String
    ) throws(CommandFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = failure(path)
                close(descriptor)
                throw error
            }
            rest = rest.dropFirst(count)
        }
        guard close(descriptor) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> CommandFailure {
        .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
}
