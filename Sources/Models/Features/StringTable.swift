// SPDX-License-Identifier: Apache-2.0

/// Tells which of a fixed list of strings some bytes are, without building a `String`.
///
/// Open addressing over FNV-1a; the table is at most half full. Only the list itself is ever
/// inserted, so a client cannot lengthen the probes. Strings are compared as UTF-8 bytes: two
/// spellings of one accented letter are two strings.
package struct StringTable: Equatable, Sendable {
    package let strings: [String]
    private let bytes: [UInt8]
    /// String `i` is `bytes[starts[i]..<starts[i + 1]]`.
    private let starts: [Int]
    /// String indices by hash, -1 where free; the count is a power of two.
    private let slots: [Int32]

    /// `nil` when a string occurs twice, or when there are 2³⁰ strings or more.
    package init?(_ strings: [String]) {
        guard strings.count < 1 << 30 else { return nil }
        var bytes: [UInt8] = []
        var starts = [0]
        var slotCount = 2
        while slotCount < strings.count * 2 { slotCount *= 2 }
        var slots = [Int32](repeating: -1, count: slotCount)
        for (index, string) in strings.enumerated() {
            let utf8 = Array(string.utf8)
            var slot = Self.hash(utf8.span, 0..<utf8.count) & (slotCount - 1)
            while case let other = Int(slots[slot]), other >= 0 {
                if bytes[starts[other]..<starts[other + 1]].elementsEqual(utf8) { return nil }
                slot = (slot + 1) & (slotCount - 1)
            }
            slots[slot] = Int32(index)
            bytes += utf8
            starts.append(bytes.count)
        }
        self.strings = strings
        self.bytes = bytes
        self.starts = starts
        self.slots = slots
    }

    package var count: Int { strings.count }

    /// The index of the string that stands in `range` of `text`.
    package func index(of range: Range<Int>, in text: Span<UInt8>) -> Int? {
        var slot = Self.hash(text, range) & (slots.count - 1)
        while case let index = Int(slots[slot]), index >= 0 {
            if isString(index, range, text) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    package func index(of string: String) -> Int? {
        let utf8 = Array(string.utf8)
        return index(of: 0..<utf8.count, in: utf8.span)
    }

    private func isString(_ index: Int, _ range: Range<Int>, _ text: Span<UInt8>) -> Bool {
        let start = starts[index]
        guard starts[index + 1] - start == range.count else { return false }
        for offset in 0..<range.count
        where bytes[start + offset] != text[range.lowerBound + offset] {
            return false
        }
        return true
    }

    private static func hash(_ text: Span<UInt8>, _ range: Range<Int>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in range { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
