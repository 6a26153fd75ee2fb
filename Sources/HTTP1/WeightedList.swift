// SPDX-License-Identifier: Apache-2.0

/// The members of an `Accept` or `Accept-Encoding` field with their weights
/// (RFC 9110 section 12.4.2), one after another.
///
/// A member whose weight is not one (`q=` with 0 to 1 and at most three decimals) makes the whole
/// list malformed; what the client wants is then unknown.
struct WeightedList {
    struct Member {
        /// The coding, or the media type without its parameters.
        let name: Range<Int>
        /// All between name and weight.
        let parameters: Range<Int>
        /// In thousandths.
        let weight: Int
    }

    private var elements: SeparatedElements
    private(set) var isMalformed = false

    init(_ range: Range<Int>) {
        elements = SeparatedElements(range, separator: 0x2C)
    }

    /// The next member; empty ones are passed over (RFC 9110 section 5.6.1.2). `nil` at the end,
    /// and at the first malformed one.
    mutating func next(in bytes: Span<UInt8>) -> Member? {
        while let element = elements.next(in: bytes) {
            if element.isEmpty { continue }
            guard let member = Self.member(element, bytes) else {
                isMalformed = true
                return nil
            }
            return member
        }
        return nil
    }

    private static func member(_ element: Range<Int>, _ bytes: Span<UInt8>) -> Member? {
        var parts = SeparatedElements(element, separator: 0x3B)
        guard let name = parts.next(in: bytes), !name.isEmpty else { return nil }
        var weight = 1000
        var end = name.upperBound
        while let parameter = parts.next(in: bytes) {
            if parameter.count >= 2, bytes[parameter.lowerBound] | 0x20 == 0x71,
                bytes[parameter.lowerBound + 1] == 0x3D
            {
                guard let value = self.weight(parameter.dropFirst(2), bytes) else { return nil }
                weight = value
                // What follows the weight are extensions, which nobody has defined.
                break
            }
            end = parameter.upperBound
        }
        return Member(name: name, parameters: name.upperBound..<end, weight: weight)
    }

    /// `0[.ddd]` or `1[.000]`, in thousandths.
    private static func weight(_ text: Range<Int>, _ bytes: Span<UInt8>) -> Int? {
        guard let first = text.first, text.count <= 5, case let whole = bytes[first] &- 0x30,
            whole <= 1
        else { return nil }
        var weight = Int(whole) * 1000
        if text.count > 1 {
            guard bytes[first + 1] == 0x2E else { return nil }
            var scale = 100
            for index in text.dropFirst(2) {
                guard ByteClass.isDigit(bytes[index]) else { return nil }
                weight += Int(bytes[index] - 0x30) * scale
                scale /= 10
            }
        }
        return weight <= 1000 ? weight : nil
    }
}

/// The elements of a separated list, white space around them taken off.
struct SeparatedElements {
    private var rest: Range<Int>?
    private let separator: UInt8

    init(_ range: Range<Int>, separator: UInt8) {
        rest = range
        self.separator = separator
    }

    mutating func next(in bytes: Span<UInt8>) -> Range<Int>? {
        guard let rest else { return nil }
        var end = rest.lowerBound
        while end < rest.upperBound, bytes[end] != separator { end += 1 }
        self.rest = end < rest.upperBound ? end + 1..<rest.upperBound : nil
        var element = rest.lowerBound..<end
        while let first = element.first, bytes[first] == 0x20 || bytes[first] == 0x09 {
            element.removeFirst()
        }
        while let last = element.last, bytes[last] == 0x20 || bytes[last] == 0x09 {
            element.removeLast()
        }
        return element
    }
}
