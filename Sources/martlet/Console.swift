// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What the commands say: answers on standard output, complaints on standard error.
enum Console {
    static func line(_ text: String) {
        self.text(text + "\n")
    }

    static func text(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    static func error(_ text: String) {
        write("martlet: \(text)\n", to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Columns wide enough for their longest cell.
    static func table(_ header: [String], _ rows: [[String]]) {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        for row in [header] + rows {
            var text = ""
            for (cell, width) in zip(row, widths) {
                text += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            while text.last == " " { text.removeLast() }
            line(text)
        }
    }
}

/// Why a command ends without having done what was asked.
struct CommandFailure: Error, CustomStringConvertible {
    /// 1: refused; 2: could not be tried.
    var exitCode: Int32 = 1
    let description: String

    init(_ description: String, exitCode: Int32 = 1) {
        self.description = description
        self.exitCode = exitCode
    }
}
