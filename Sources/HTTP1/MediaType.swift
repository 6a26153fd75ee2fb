// SPDX-License-Identifier: Apache-2.0

/// Questions to the fields that name media types (RFC 9110 sections 8.3 and 12.5.1).
package enum MediaType {
    /// Whether a Content-Type is `application/json`, in UTF-8 if it names a charset.
    package static func isJSON(_ value: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        let text = bytes.bytes
        // What nearly all clients send needs no taking apart.
        if text.equals("application/json", value) { return true }
        var parts = SeparatedElements(value, separator: 0x3B)
        guard let type = parts.next(in: bytes), text.equalsIgnoringCase("application/json", type)
        else { return false }
        while let parameter = parts.next(in: bytes) {
            if parameter.isEmpty { continue }
            guard
                text.equalsIgnoringCase("charset=utf-8", parameter)
                    || text.equalsIgnoringCase("charset=\"utf-8\"", parameter)
            else { return false }
        }
        return true
    }

    /// Whether an Accept field allows a media type of this server's. A malformed one says nothing,
    /// so it allows all.
    ///
    /// - Parameters:
    ///   - type: as in `application`.
    ///   - subtype: as in `json`.
    package static func accepts(
        _ type: StaticString, _ subtype: StaticString, _ accept: Range<Int>, in bytes: Span<UInt8>
    ) -> Bool {
        var best: (precision: Int, weight: Int)?
        var list = WeightedList(accept)
        while let member = list.next(in: bytes) {
            guard let precision = precision(of: member.name, type, subtype, bytes) else { continue }
            if precision > best?.precision ?? -1 { best = (precision, member.weight) }
            if precision == best?.precision {
                best = (precision, max(member.weight, best?.weight ?? 0))
            }
        }
        return list.isMalformed || best.map { $0.weight > 0 } ?? false
    }

    /// 2 for the type itself, 1 for all of its kind, 0 for anything; `nil` for another.
    private static func precision(
        of range: Range<Int>, _ type: StaticString, _ subtype: StaticString, _ bytes: Span<UInt8>
    ) -> Int? {
        let text = bytes.bytes
        if text.equals("*/*", range) { return 0 }
        guard let slash = range.first(where: { bytes[$0] == 0x2F }),
            text.equalsIgnoringCase(type, range.lowerBound..<slash)
        else { return nil }
        let rest = slash + 1..<range.upperBound
        if text.equals("*", rest) { return 1 }
        return text.equalsIgnoringCase(subtype, rest) ? 2 : nil
    }

    /// Whether an Accept field ranks OpenMetrics 1.0 above plain text; ties go to plain text.
    package static func prefersOpenMetrics(_ accept: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        let text = bytes.bytes
        var openMetrics = 0
        var plain = 0
        var list = WeightedList(accept)
        while let member = list.next(in: bytes) {
            if text.equalsIgnoringCase("application/openmetrics-text", member.name) {
                guard isVersionKnown(member.parameters, bytes) else { continue }
                openMetrics = max(openMetrics, member.weight)
            } else if text.equalsIgnoringCase("text/plain", member.name) {
                plain = max(plain, member.weight)
            }
        }
        return !list.isMalformed && openMetrics > plain
    }

    /// Whether the parameters name version 1.0.0, or none.
    private static func isVersionKnown(_ parameters: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        let text = bytes.bytes
        var isKnown = true
        var parts = SeparatedElements(parameters, separator: 0x3B)
        while let parameter = parts.next(in: bytes) {
            guard parameter.count > 8,
                text.equalsIgnoringCase(
                    "version=", parameter.lowerBound..<parameter.lowerBound + 8)
            else { continue }
            isKnown = text.equals("1.0.0", parameter.lowerBound + 8..<parameter.upperBound)
        }
        return isKnown
    }
}
