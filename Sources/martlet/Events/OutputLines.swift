// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Cuts what a program writes into lines for a log, which neither a long line nor many may flood.
package struct OutputLines {
    private static let lineBytesMax = 1000
    private static let lineCountMax = 1000

    private var bytes: [UInt8] = []
    private var lineCount = 0

    package init() {}

    /// Takes what there is of a descriptor that does not block.
    ///
    /// - Returns: whether there may be more later.
    mutating func read(from descriptor: Int32, _ line: (String) -> Void) -> Bool {
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            if count == 0 { return false }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            append(block[..<count], line)
        }
    }

    package mutating func append(_ new: some Sequence<UInt8>, _ line: (String) -> Void) {
        for byte in new {
            if byte == 0x0A {
                emit(line)
            } else {
                bytes.append(byte)
                if bytes.count == Self.lineBytesMax { emit(line) }
            }
        }
    }

    /// A last line need not have an end.
    package mutating func finish(_ line: (String) -> Void) {
        if !bytes.isEmpty { emit(line) }
    }

    private mutating func emit(_ line: (String) -> Void) {
        defer { bytes.removeAll(keepingCapacity: true) }
        lineCount += 1
        if lineCount <= Self.lineCountMax { line(String(decoding: bytes, as: UTF8.self)) }
        if lineCount == Self.lineCountMax { line("(what follows is not logged)") }
    }
}
