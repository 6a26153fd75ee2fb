// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The only writer to standard output and standard error.
enum Console {
    enum Stream: Int32 {
        case output = 1
        case error = 2
    }

    static func write(_ text: String, to stream: Stream = .output) {
        write(Array(text.utf8), to: stream)
    }

    /// A reader that went away is no failure of ours: the rest is dropped.
    static func write(_ bytes: [UInt8], to stream: Stream) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.write(stream.rawValue, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    static func error(_ line: String) { write(line + "\n", to: .error) }

    /// What is going on, on one line that the next call replaces; nothing unless a person watches.
    static func progress(_ line: String) {
        guard isatty(Stream.error.rawValue) == 1 else { return }
        write("\r\u{1B}[K\(line)", to: .error)
    }

    static func endProgress() { progress("") }
}
