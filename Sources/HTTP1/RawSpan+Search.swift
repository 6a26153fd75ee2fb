// SPDX-License-Identifier: Apache-2.0

/// Questions to a message's bytes, asked eight bytes at a time.
extension RawSpan {
    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var tops: UInt64 { 0x8080_8080_8080_8080 }

    /// The eight bytes from `index` on, the first one lowest.
    ///
    /// - Precondition: there are eight.
    @inline(__always)
    private func word(at index: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// Sets the top bit of each byte that is zero, and of no byte before the first of these.
    @inline(__always)
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & tops }

    @inline(__always)
    private func byte(at index: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }

    /// The range without the SP and HTAB around it, and no others (RFC 9110 section 5.6.3).
    @inline(__always)
    func trimming(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, byte(at: start) == 0x20 || byte(at: start) == 0x09 { start += 1 }
        while start < end, byte(at: end - 1) == 0x20 || byte(at: end - 1) == 0x09 { end -= 1 }
        return start..<end
    }

    /// Sets the top bit of each byte below SP and of each DEL, and of no byte before the first.
    @inline(__always)
    private static func controls(_ word: UInt64) -> UInt64 {
        ((word &- 0x2020_2020_2020_2020) & ~word & tops) | zeros(word ^ 0x7F7F_7F7F_7F7F_7F7F)
    }

    /// Where the first control character from `start` on stands; `byteCount` if there is none.
    func indexOfControl(from start: Int) -> Int {
        var index = start
        while index <= byteCount &- 8 {
            let found = Self.controls(word(at: index))
            if found != 0 { return index &+ found.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < byteCount, byte(at: index) >= 0x20, byte(at: index) != 0x7F { index &+= 1 }
        return index
    }

    /// Where the byte first stands in the range; the range's end if it does not.
    func index(of sought: UInt8, in range: Range<Int>) -> Int {
        let pattern = UInt64(sought) &* Self.ones
        var index = range.lowerBound
        while index <= range.upperBound &- 8 {
            let found = Self.zeros(word(at: index) ^ pattern)
            if found != 0 { return index &+ found.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < range.upperBound, byte(at: index) != sought { index &+= 1 }
        return index
    }

    /// Whether all bytes of the range may stand in a field value (RFC 9110 section 5.5).
    func isFieldValue(_ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        // A tab is a control character and yet allowed, so words with one are looked at by bytes.
        while index <= range.upperBound &- 8, Self.controls(word(at: index)) == 0 { index &+= 8 }
        while index < range.upperBound {
            guard ByteClass.isFieldValue(byte(at: index)) else { return false }
            index &+= 1
        }
        return true
    }

    /// Whether all bytes are visible ASCII or spaces that stand for themselves in a JSON string.
    func isPlainJSON() -> Bool {
        var index = 0
        while index <= byteCount &- 8 {
            let word = word(at: index)
            let others = word | (word &- 0x2020_2020_2020_2020) & ~word
            let special =
                Self.zeros(word ^ 0x2222_2222_2222_2222) | Self.zeros(word ^ 0x5C5C_5C5C_5C5C_5C5C)
                | Self.zeros(word ^ 0x7F7F_7F7F_7F7F_7F7F)
            guard others & Self.tops | special == 0 else { return false }
            index &+= 8
        }
        while index < byteCount {
            let byte = byte(at: index)
            guard 0x20...0x7E ~= byte, byte != 0x22, byte != 0x5C else { return false }
            index &+= 1
        }
        return true
    }

    func equals(_ name: StaticString, _ range: Range<Int>) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        if range.count == 8 {
            let expected = UnsafeRawPointer(name.utf8Start).loadUnaligned(as: UInt64.self)
            return word(at: range.lowerBound) == UInt64(littleEndian: expected)
        }
        for offset in 0..<range.count
        where byte(at: range.lowerBound + offset) != name.utf8Start[offset] {
            return false
        }
        return true
    }

    /// ASCII case-insensitive.
    ///
    /// - Parameter name: lower case, of letters, digits, spaces and `-+,/="`: no byte without the
    ///   bit that tells the cases of a letter apart.
    /// - Precondition: no byte of the range is a control character; for a name of letters and
    ///   hyphens, none is a CR. (Setting that bit makes a letter only of that letter, and the rest
    ///   only of itself or of one control character.)
    func equalsIgnoringCase(_ name: StaticString, _ range: Range<Int>) -> Bool {
        let length = name.utf8CodeUnitCount
        guard range.count == length else { return false }
        guard length >= 8 else {
            for offset in 0..<length
            where byte(at: range.lowerBound + offset) | 0x20 != name.utf8Start[offset] {
                return false
            }
            return true
        }
        var offset = 0
        while true {
            let expected = UnsafeRawPointer(name.utf8Start + offset)
                .loadUnaligned(as: UInt64.self)
            let word = word(at: range.lowerBound + offset) | 0x2020_2020_2020_2020
            guard word == UInt64(littleEndian: expected) else { return false }
            if offset == length - 8 { return true }
            // The last step looks at some bytes again.
            offset = Swift.min(offset + 8, length - 8)
        }
    }
}

extension MutableSpan<UInt8> {
    func indexOfControl(from start: Int) -> Int { bytes.indexOfControl(from: start) }

    func index(of sought: UInt8, in range: Range<Int>) -> Int {
        bytes.index(of: sought, in: range)
    }

    func isFieldValue(_ range: Range<Int>) -> Bool { bytes.isFieldValue(range) }

    func equals(_ name: StaticString, _ range: Range<Int>) -> Bool { bytes.equals(name, range) }

    func equalsIgnoringCase(_ name: StaticString, _ range: Range<Int>) -> Bool {
        bytes.equalsIgnoringCase(name, range)
    }
}
