// SPDX-License-Identifier: Apache-2.0
import Glibc
import Zlib

/// A file as it lies on disk, before anything is made of it.
package struct SourceFile: Sendable {
    /// The last component of the path, for messages and lineage.
    package let name: String
    /// Still compressed, if it is: what a digest is computed of.
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// Reads a whole file; `-` is standard input.
    package init(path: String) throws(TrainingError) {
        let isStandardInput = path == "-"
        name = isStandardInput ? "standard input" : Self.lastComponent(of: path)
        let descriptor = isStandardInput ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path) }
        defer { if !isStandardInput { close(descriptor) } }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(path) }
        // A regular file arrives in one read; pipes and devices in as many as they take.
        var contents: [UInt8] = []
        var room = max(Int(status.st_size) + 1, 1 << 16)
        while true {
            var failure: Int32 = 0
            let piece = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                repeat {
                    let received = read(descriptor, buffer.baseAddress, buffer.count)
                    failure = received < 0 ? errno : 0
                    count = max(received, 0)
                } while failure == EINTR
            }
            guard failure == 0 else { throw Self.unreadable(path, failure) }
            if piece.isEmpty { break }
            if contents.isEmpty { contents = piece } else { contents += piece }
            room = 1 << 16
        }
        bytes = contents
    }

    /// The text inside, decompressed where the file begins like gzip.
    func text() throws(TrainingError) -> [UInt8] {
        guard Gzip.isGzip(bytes.span) else { return bytes }
        var limits = Gunzip.Limits()
        limits.allowsPadding = true
        do throws(GzipError) {
            return try Gzip.decompress(bytes, limits: limits)
        } catch {
            if error == .outOfMemory {
                throw .unreadable(file: name, reason: "no memory is left to decompress it")
            }
            throw .data(InputFault(file: name, reason: "damaged gzip: \(error.reason)"))
        }
    }

    private static func unreadable(_ path: String, _ code: Int32 = errno) -> TrainingError {
        .unreadable(file: path, reason: String(cString: strerror(code)))
    }

    private static func lastComponent(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
