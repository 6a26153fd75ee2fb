// SPDX-License-Identifier: Apache-2.0

/// Reads the numbers of an array one after another, without a bounds check for each byte.
///
/// It takes *plain* numbers (`PlainNumber`), which nearly all are, and stops before whatever is
/// anything else, good JSON or not: that is for `JSONCursor` to judge.
///
/// **Bounds.** A number is begun at or before `lastStart` only, and reading one looks at no more
/// than `reach` bytes from there on, as each of its parts is bounded: a sign, two blocks of the
/// integer, a point, three blocks of the fraction, an exponent, and what follows. So nothing is
/// read outside of the bytes if `lastStart + reach` lies within; both ways in see to that.
struct NumberScan {
    /// A sign, 16 digits, a point, 24 digits and an exponent of 6 bytes, the byte behind them, and
    /// a block of 8 where no digit may stand any more.
    static let reach = 64

    private let bytes: UnsafeRawPointer
    private let count: Int
    private let lastStart: Int
    /// Behind the last element that was taken.
    private(set) var end: Int
    /// Whether the element to come is the array's first, with no comma before it.
    private(set) var isFirst: Bool

    private init(
        bytes: UnsafeRawPointer, count: Int, lastStart: Int, end: Int, isFirst: Bool
    ) {
        self.bytes = bytes
        self.count = count
        self.lastStart = lastStart
        self.end = end
        self.isFirst = isFirst
    }

    /// Runs `body` on a scan of `text` from `start` on, which gives up `reach` before the end.
    @inline(__always)
    static func run<Result>(
        in text: Span<UInt8>, from start: Int, isFirst: Bool,
        _ body: (inout NumberScan) -> Result
    ) -> Result? {
        guard start >= 0, start <= text.count - reach else { return nil }
        return text.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var scan = NumberScan(
                bytes: base, count: bytes.count, lastStart: bytes.count - reach, end: start,
                isFirst: isFirst)
            return body(&scan)
        }
    }

    /// Runs `body` on a copy of the last bytes of `text`, from `start` on, with zeros behind, which
    /// belong to no number. The scan's `end` counts from `start`.
    @inline(__always)
    static func runAtEnd<Result>(
        of text: Span<UInt8>, from start: Int, isFirst: Bool,
        _ body: (inout NumberScan) -> Result
    ) -> Result? {
        let count = text.count - start
        guard start >= 0, 1...(2 * reach) ~= count else { return nil }
        var copy = InlineArray<24, UInt64>(repeating: 0)
        var span = copy.mutableSpan
        return span.withUnsafeMutableBytes { copy in
            text.withUnsafeBytes { bytes in
                copy.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start...]))
            }
            guard let base = copy.baseAddress else { return nil }
            var scan = NumberScan(
                bytes: base, count: count, lastStart: copy.count - reach, end: 0,
                isFirst: isFirst)
            return body(&scan)
        }
    }

    /// Takes numbers until the room is full or something else comes.
    ///
    /// - Returns: how many were taken.
    @inline(never)
    mutating func take(into room: UnsafeMutableBufferPointer<Double>) -> Int {
        guard let numbers = room.baseAddress, room.count > 0,
            var start = nextElement(behind: end, isFirst: isFirst)
        else { return 0 }
        let (bytes, lastStart) = (bytes, lastStart)
        var number = PlainNumber()
        var behind = end
        var taken = 0
        while start <= lastStart, number.read(bytes, at: start) {
            numbers[taken] = number.value
            behind = number.end
            taken &+= 1
            if taken == room.count { break }
            // A comma mostly, and a space as Python writes it; both lie within `reach`. A branch
            // is foreseen, while the next number would have to wait for a sum.
            let following = UInt16(
                littleEndian: bytes.loadUnaligned(fromByteOffset: behind, as: UInt16.self))
            start = behind &+ (_fastPath(following == 0x202C) ? 2 : 1)
            if following & 0xFF != 0x2C || bytes.load(fromByteOffset: start, as: UInt8.self) <= 0x20
            {
                guard let next = nextElement(behind: behind, isFirst: false) else { break }
                start = next
            }
        }
        if taken > 0 { (end, isFirst) = (behind, false) }
        return taken
    }

    /// Where the next element begins, behind a comma unless it is the first; `nil` without a comma
    /// or too near to the end.
    private func nextElement(behind end: Int, isFirst: Bool) -> Int? {
        var index = skippingSpace(from: end)
        if !isFirst {
            guard index < count, byte(index) == 0x2C else { return nil }
            index = skippingSpace(from: index &+ 1)
        }
        return index <= lastStart ? index : nil
    }

    /// Steps into the next element if it is an array.
    @inline(__always)
    mutating func enterElement() -> Bool {
        guard let start = nextElement(behind: end, isFirst: isFirst),
            byte(start) == JSONCursor.Container.array.open
        else { return false }
        end = start &+ 1
        isFirst = true
        return true
    }

    /// Steps over one byte, and space before it.
    ///
    /// - Returns: whether it is that byte; `end` is behind it then and unchanged otherwise.
    @inline(__always)
    mutating func step(over expected: UInt8) -> Bool {
        let index = skippingSpace(from: end)
        guard index < count, byte(index) == expected else { return false }
        end = index &+ 1
        return true
    }

    @inline(__always)
    private func byte(_ index: Int) -> UInt8 {
        bytes.load(fromByteOffset: index, as: UInt8.self)
    }

    @inline(__always)
    private func skippingSpace(from start: Int) -> Int {
        var index = start
        while index < count {
            switch byte(index) {
            case 0x20, 0x09, 0x0A, 0x0D: index &+= 1
            default: return index
            }
        }
        return index
    }
}
