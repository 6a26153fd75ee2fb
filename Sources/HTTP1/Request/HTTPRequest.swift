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
    /// Where each field's first value lies: its lower bound in the upper half, its upper bound in
    /// the lower. A head is far shorter than 4 GiB.
    private var places = InlineArray<19, UInt64>(repeating: 0)
    /// A bit for each field that has a line. What a request has not is asked most, and told without
    /// a look at `places`, which a getter would copy.
    private var seen: UInt32 = 0
    /// A bit for each field that has more than one line.
    private var repeated: UInt32 = 0

    /// The value of a field, without the white space around it. One that came on several lines
    /// counts as absent: its members lie apart, and none of the fields read here must be believed
    /// in part. `HTTPFieldLines` reads them all.
    package internal(set) subscript(field: HTTPField) -> Range<Int>? {
        get { isRepeated(field) ? nil : firstLine(of: field) }
        set {
            guard let newValue else { return seen &= ~field.bit }
            seen |= field.bit
            places[field.rawValue] =
                UInt64(truncatingIfNeeded: newValue.lowerBound) << 32
                | UInt64(truncatingIfNeeded: newValue.upperBound)
        }
    }

    /// Whether a line of the field has been seen.
    @inline(__always)
    func hasSeen(_ field: HTTPField) -> Bool { seen & field.bit != 0 }

    @inline(__always)
    func firstLine(of field: HTTPField) -> Range<Int>? {
        guard hasSeen(field) else { return nil }
        let place = places[field.rawValue]
        return Int(place >> 32)..<Int(place & 0xFFFF_FFFF)
    }

    @inline(__always)
    func isRepeated(_ field: HTTPField) -> Bool { repeated & field.bit != 0 }

    mutating func setRepeated(_ field: HTTPField) { repeated |= field.bit }
}

extension HTTPField {
    @inline(__always)
    fileprivate var bit: UInt32 { 1 << UInt32(truncatingIfNeeded: rawValue) }
}
