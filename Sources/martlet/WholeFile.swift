// SPDX-License-Identifier: Apache-2.0
import Glibc
import Zlib

/// Files that a command reads or writes as a whole.
enum WholeFile {
    /// More than this is refused: SQLite would not hold what comes of it.
    static let byteCountMax = 1 << 30

    /// `-` is standard input.
    static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        // Told before it is read where the file has a size; a pipe has none.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path) }
        guard status.st_size <= byteCountMax else { throw tooLarge(path) }
        var contents: [UInt8] = []
        while true {
            var code: Int32 = 0
            let piece = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
                repeat {
                    let received = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                    code = received < 0 ? errno : 0
                    count = max(received, 0)
                } while code == EINTR
            }
            guard code == 0 else { throw failure(path, code) }
            if piece.isEmpty { return contents }
            contents += piece
            guard contents.count <= byteCountMax else { throw tooLarge(path) }
        }
    }

    /// The bytes, or what is inside where they begin like gzip.
    static func decompressed(_ bytes: [UInt8], _ name: String) throws(CommandFailure) -> [UInt8] {
        guard Gzip.isGzip(bytes.span) else { return bytes }
        var limits = Gunzip.Limits()
        limits.byteCountMax = byteCountMax
        limits.allowsPadding = true
        do throws(GzipError) {
            return try Gzip.decompress(bytes, limits: limits)
        } catch {
            switch error {
            case .outOfMemory: throw CommandFailure("\(name): no memory is left to decompress it")
            case .tooLarge: throw tooLarge(name)
            default: throw CommandFailure("\(name): damaged gzip: \(error.reason)")
            }
        }
    }

    /// Writes beside the place and moves there, so that nobody reads a part; a device, a pipe or
    /// what a link points to (`/dev/stdout` is one) is written straight.
    static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        var status = stat()
        let isSpecial = lstat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        let place = isSpecial ? path : "\(path).\(getpid()).part"
        let descriptor = open(place, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        var rest = bytes[...]
        var code: Int32 = 0
        while !rest.isEmpty, code == 0 {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            code = count > 0 ? 0 : errno
            rest = rest.dropFirst(max(count, 0))
        }
        if close(descriptor) != 0, code == 0 { code = errno }
        if code == 0, !isSpecial, rename(place, path) != 0 { code = errno }
        guard code == 0 else {
            if !isSpecial { unlink(place) }
            throw failure(path, code)
        }
    }

    private static func tooLarge(_ path: String) -> CommandFailure {
        CommandFailure("\(path): more than \(byteCountMax) bytes")
    }

    private static func failure(_ path: String, _ code: Int32 = errno) -> CommandFailure {
        CommandFailure("\(path): \(String(cString: strerror(code)))")
    }
}
