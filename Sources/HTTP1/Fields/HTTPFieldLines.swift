// SPDX-License-Identifier: Apache-2.0

/// The values of all lines of a list field, in order: they count as one list, as if joined by
/// commas (RFC 9110 section 5.3).
///
/// A request keeps where a field's first line is and whether there are more; these are looked for
/// in the head only then.
package struct HTTPFieldLines {
    private let field: HTTPField
    private let isRepeated: Bool
    private var value: Range<Int>?

    package init(_ field: HTTPField, of request: borrowing HTTPRequest) {
        self.field = field
        isRepeated = request.isRepeated(field)
        value = request.firstLine(of: field)
    }

    package mutating func next(in message: Span<UInt8>) -> Range<Int>? {
        guard let value else { return nil }
        self.value = isRepeated ? nextValue(after: value.upperBound, in: message) : nil
        return value
    }

    /// - Precondition: the head was parsed, so every line of it ends in CR LF and has a colon.
    private func nextValue(after index: Int, in message: Span<UInt8>) -> Range<Int>? {
        let length = field.name.utf8CodeUnitCount
        var lineStart = message.bytes.index(of: 0x0D, in: index..<message.count) + 2
        while lineStart < message.count, message[lineStart] != 0x0D {
            let lineEnd = message.bytes.index(of: 0x0D, in: lineStart..<message.count)
            let colon = lineStart + length
            if colon < lineEnd, message[colon] == 0x3A,
                message.bytes.equalsIgnoringCase(field.name, lineStart..<colon)
            {
                return message.bytes.trimming(colon + 1..<lineEnd)
            }
            lineStart = lineEnd + 2
        }
        return nil
    }
}
