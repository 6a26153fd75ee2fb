// SPDX-License-Identifier: Apache-2.0

/// How much a request's Accept wants a media type (RFC 9110 section 12.5.1).
package enum Accept {
    /// The type's weight in thousandths; 0 where it is not acceptable.
    ///
    /// A field that does not keep to the grammar, or is empty, says nothing, as does an absent one.
    /// Of the ranges that match, the most specific counts, and of equals the first. A `charset`
    /// must be UTF-8, and a `version` the type's own if it has one; other parameters ask for
    /// variants that there are none of, and are passed over.
    package static func weight(
        of type: HTTPResponse.ContentType, for request: borrowing HTTPRequest,
        in message: Span<UInt8>
    ) -> Int {
        guard request.hasSeen(.accept) else { return 1000 }
        let mediaType = type.mediaType
        if let value = request[.accept], message.bytes.isUsualAccept(value, of: mediaType) {
            return 1000
        }
        var best: (specificity: Int, weight: Int)?
        var isEmpty = true
        var lines = HTTPFieldLines(.accept, of: request)
        while let line = lines.next(in: message) {
            var cursor = FieldCursor(line)
            while cursor.hasElement(in: message) {
                isEmpty = false
                guard let range = MediaRange(&cursor, in: message) else { return 1000 }
                guard let specificity = range.specificity(of: mediaType, in: message),
                    specificity > best?.specificity ?? -1
                else { continue }
                best = (specificity, range.weight)
            }
        }
        return isEmpty ? 1000 : best?.weight ?? 0
    }
}

extension RawSpan {
    /// Whether an Accept says what most clients do, which needs no taking apart: anything, or just
    /// this type.
    fileprivate func isUsualAccept(_ value: Range<Int>, of type: MediaType) -> Bool {
        if value.count == 3 { return equals("*/*", value) }
        let slash = value.lowerBound + type.type.utf8CodeUnitCount
        guard value.count == slash - value.lowerBound + 1 + type.subtype.utf8CodeUnitCount else {
            return false
        }
        return equals("/", slash..<slash + 1)
            && equalsIgnoringCase(type.type, value.lowerBound..<slash)
            && equalsIgnoringCase(type.subtype, slash + 1..<value.upperBound)
    }
}

/// A range of media types with its weight.
private struct MediaRange {
    let type: Range<Int>
    let subtype: Range<Int>
    private(set) var weight = 1000
    private var version: FieldCursor.Parameter?
    private var charset: FieldCursor.Parameter?

    /// `nil` where the element does not keep to the grammar.
    init?(_ cursor: inout FieldCursor, in bytes: Span<UInt8>) {
        guard let type = cursor.token(in: bytes), cursor.take(0x2F, in: bytes),
            let subtype = cursor.token(in: bytes)
        else { return nil }
        self.type = type
        self.subtype = subtype
        var isWeighted = false
        while cursor.hasParameter(in: bytes) {
            guard let parameter = cursor.parameter(in: bytes) else { return nil }
            if parameter.isNamed("q", in: bytes) {
                guard !isWeighted, let weight = parameter.weight(in: bytes) else { return nil }
                isWeighted = true
                self.weight = weight
            } else if parameter.isNamed("version", in: bytes) {
                version = parameter
            } else if parameter.isNamed("charset", in: bytes) {
                charset = parameter
            }
        }
        guard cursor.endsElement(in: bytes) else { return nil }
    }

    /// How closely the range describes the type; `nil` where it does not match.
    func specificity(of mediaType: MediaType, in bytes: Span<UInt8>) -> Int? {
        let raw = bytes.bytes
        if raw.equals("*", type) { return raw.equals("*", subtype) ? 0 : nil }
        guard raw.equalsIgnoringCase(mediaType.type, type) else { return nil }
        if raw.equals("*", subtype) { return 1 }
        guard raw.equalsIgnoringCase(mediaType.subtype, subtype) else { return nil }
        var specificity = 2
        if let version, mediaType.version.utf8CodeUnitCount > 0 {
            guard version.hasValue(mediaType.version, in: bytes) else { return nil }
            specificity += 1
        }
        if let charset {
            guard charset.hasValue("utf-8", in: bytes) else { return nil }
            specificity += 1
        }
        return specificity
    }
}
