// SPDX-License-Identifier: Apache-2.0

/// A complete request, as ranges of the bytes it was parsed from.
///
/// A plain value: no references, nothing allocated. The ranges mean something only beside the
/// message's bytes, which the caller holds.
package struct HTTPRequest: Sendable {
    package internal(set) var method = HTTPMethod.get
    package internal(set) var isHTTP10 = false
    /// The path without dot segments and without escapes of unreserved characters; other escapes
    /// are as sent. Empty when an absolute target has none.
    package internal(set) var path = 0..<0
    package internal(set) var query: Range<Int>?
    /// The body, contiguous; a chunked one has been decoded in place.
    package internal(set) var body = 0..<0
    /// Whether the client wants the connection kept (RFC 9112 section 9.3).
    package internal(set) var keepsAlive = true
    /// How many bytes the whole message took.
    package internal(set) var byteCount = 0
    /// A field's value begins behind the request line, so a lower bound of 0 means absent.
    private var values = InlineArray<15, Range<Int>>(repeating: 0..<0)

    /// A bit for each field that has more than one line.
    private var repeated: UInt16 = 0

    /// The value of a field, without the white space around it. One that came on several lines
    /// counts as absent: its members lie apart, and none of the fields read here must be believed
    /// in part. `HTTPFieldLines` reads them all.
    package internal(set) subscript(field: HTTPField) -> Range<Int>? {
        get { isRepeated(field) ? nil : firstLine(of: field) }
        set { values[field.rawValue] = newValue ?? 0..<0 }
    }

    /// Whether a line of the field has been seen.
    func hasSeen(_ field: HTTPField) -> Bool { values[field.rawValue].lowerBound != 0 }

    func firstLine(of field: HTTPField) -> Range<Int>? {
        hasSeen(field) ? values[field.rawValue] : nil
    }

    func isRepeated(_ field: HTTPField) -> Bool { repeated >> UInt16(field.rawValue) & 1 == 1 }

    mutating func setRepeated(_ field: HTTPField) { repeated |= 1 << UInt16(field.rawValue) }
}
