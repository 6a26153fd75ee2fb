// SPDX-License-Identifier: Apache-2.0

/// A media type that this server sends (RFC 9110 section 8.3.1). All are in UTF-8.
package struct MediaType: Sendable {
    /// Lower case, as all of these.
    let type: StaticString
    let subtype: StaticString
    /// The value of the parameter `version`; empty where there is none.
    var version: StaticString = ""
}

extension MediaType {
    /// Whether a Content-Type is `application/json`, and in UTF-8 if it names a charset. JSON has
    /// no parameters of its own (RFC 8259 section 11), so others say nothing.
    package static func isJSON(_ value: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        // What nearly all clients send needs no taking apart.
        if bytes.bytes.equals("application/json", value) { return true }
        var cursor = FieldCursor(value)
        guard let type = cursor.token(in: bytes), cursor.take(0x2F, in: bytes),
            let subtype = cursor.token(in: bytes),
            bytes.bytes.equalsIgnoringCase("application", type),
            bytes.bytes.equalsIgnoringCase("json", subtype)
        else { return false }
        while cursor.hasParameter(in: bytes) {
            guard let parameter = cursor.parameter(in: bytes) else { return false }
            guard
                !parameter.isNamed("charset", in: bytes)
                    || parameter.hasValue("utf-8", in: bytes)
            else { return false }
        }
        cursor.skipWhitespace(in: bytes)
        return cursor.isAtEnd
    }
}
