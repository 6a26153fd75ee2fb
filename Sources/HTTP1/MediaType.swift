// SPDX-License-Identifier: Apache-2.0

/// Questions to the fields that name media types (RFC 9110 section 8.3, 12.5.1).
package enum MediaType {
    /// Whether a Content-Type is `application/json`, in UTF-8 if it names a charset.
    package static func isJSON(_ value: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        var parts = Elements(value, separator: 0x3B)
        guard let type = parts.next(in: bytes), equals("application/json", type, bytes) else {
            return false
        }
        while let parameter = parts.next(in: bytes) {
            if parameter.isEmpty { continue }
            guard
                equals("charset=utf-8", parameter, bytes)
                    || equals("charset=\"utf-8\"", parameter, bytes)
            else { return false }
        }
        return true
    }

    /// Whether an Accept field ranks OpenMetrics 1.0 above plain text; ties go to plain text.
    package static func prefersOpenMetrics(_ accept: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        var openMetrics = 0
        var text = 0
        var ranges = Elements(accept, separator: 0x2C)
        while let range = ranges.next(in: bytes) {
            var parts = Elements(range, separator: 0x3B)
            guard let type = parts.next(in: bytes) else { continue }
            var weight = 1000
            var isVersionKnown = true
            while let parameter = parts.next(in: bytes) {
                if let value = self.weight(parameter, bytes) { weight = value }
                if bytes.hasPrefix("version=", parameter) {
                    isVersionKnown = equals("version=1.0.0", parameter, bytes)
                }
            }
            if equals("application/openmetrics-text", type, bytes), isVersionKnown {
                openMetrics = max(openMetrics, weight)
            } else if equals("text/plain", type, bytes) {
                text = max(text, weight)
            }
        }
        return openMetrics > text
    }

    /// `q=` with at most three decimals, in thousandths.
    private static func weight(_ parameter: Range<Int>, _ bytes: Span<UInt8>) -> Int? {
        guard bytes.hasPrefix("q=", parameter) else { return nil }
        var weight = 0
        var scale = 1000
        for index in parameter.dropFirst(2) {
            if bytes[index] == 0x2E { continue }
            guard ByteClass.isDigit(bytes[index]), scale > 0 else { return 0 }
            weight += Int(bytes[index] - 0x30) * scale
            scale /= 10
        }
        return min(weight, 1000)
    }

    private static func equals(
        _ name: StaticString, _ range: Range<Int>, _ bytes: Span<UInt8>
    ) -> Bool {
        range.count == name.utf8CodeUnitCount && bytes.hasPrefix(name, range)
    }
}

/// The elements of a separated list, white space around them taken off.
private struct Elements {
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

extension Span<UInt8> {
    /// ASCII case-insensitive; `name` is lower case.
    fileprivate func hasPrefix(_ name: StaticString, _ range: Range<Int>) -> Bool {
        guard range.count >= name.utf8CodeUnitCount else { return false }
        for offset in 0..<name.utf8CodeUnitCount {
            let byte = self[range.lowerBound + offset]
            let lower = 0x41...0x5A ~= byte ? byte | 0x20 : byte
            if lower != name.utf8Start[offset] { return false }
        }
        return true
    }
}
