// SPDX-License-Identifier: Apache-2.0

/// The trace that a request belongs to (W3C Trace Context, section 3.2).
package struct TraceParent: Equatable, Sendable {
    package let traceID: Identifier
    package let parentID: UInt64
    package let flags: UInt8

    /// Reads `00-` 32 hex `-` 16 hex `-` 2 hex, lower case; a version above 00 by its prefix.
    ///
    /// - Returns: `nil` for anything else, upon which a new trace begins.
    package init?(_ range: Range<Int>, in bytes: Span<UInt8>) {
        guard range.count >= 55 else { return nil }
        let start = range.lowerBound
        guard bytes[start + 2] == 0x2D, bytes[start + 35] == 0x2D, bytes[start + 52] == 0x2D,
            let version = Self.word(bytes, start, 2), version != 0xFF,
            let high = Self.word(bytes, start + 3, 16), let low = Self.word(bytes, start + 19, 16),
            let parent = Self.word(bytes, start + 36, 16),
            let flags = Self.word(bytes, start + 53, 2),
            high | low != 0, parent != 0
        else { return nil }
        if range.count > 55, version == 0 || bytes[start + 55] != 0x2D { return nil }
        traceID = Identifier(high: high, low: low)
        parentID = parent
        self.flags = UInt8(truncatingIfNeeded: flags)
    }

    /// Whether whoever asks records its part of the trace (section 3.2.2.5).
    package var isSampled: Bool { flags & 1 != 0 }

    /// Where the trace's digits stand in a field value that is a trace's parent.
    package static func traceIDRange(in range: Range<Int>) -> Range<Int> {
        range.lowerBound + 3..<range.lowerBound + 35
    }

    private static func word(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> UInt64? {
        var word: UInt64 = 0
        for index in start..<start + count {
            switch bytes[index] {
            case let byte where 0x30...0x39 ~= byte: word = word << 4 | UInt64(byte - 0x30)
            case let byte where 0x61...0x66 ~= byte: word = word << 4 | UInt64(byte - 0x57)
            default: return nil
            }
        }
        return word
    }
}
