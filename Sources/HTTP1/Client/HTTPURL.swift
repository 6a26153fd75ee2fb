// SPDX-License-Identifier: Apache-2.0

/// An absolute `http` or `https` URL as a client needs it (RFC 3986, RFC 9110 section 4.2).
///
/// Without user information, which would be a secret in a place where secrets are shown, and
/// without a fragment, which is never sent.
package struct HTTPURL: Equatable, Sendable {
    package let isSecure: Bool
    /// A name or an address, without brackets.
    package let host: String
    package let port: UInt16
    /// Path and query, as a request line has them; begins with `/`.
    package let target: String
    private let isIPv6: Bool

    /// `nil` for any other text.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let schemes: [(name: String, isSecure: Bool)] = [("https://", true), ("http://", false)]
        guard
            let scheme = schemes.first(where: {
                bytes.prefix($0.name.utf8.count).map(ByteClass.lowercased)
                    .elementsEqual($0.name.utf8)
            })
        else { return nil }
        isSecure = scheme.isSecure
        let rest = bytes.dropFirst(scheme.name.utf8.count)
        let end = rest.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex
        guard let (host, port, isIPv6) = Self.authority(rest[..<end]) else { return nil }
        self.host = host
        self.isIPv6 = isIPv6
        self.port = port ?? (scheme.isSecure ? 443 : 80)
        let target = rest[end...]
        guard target.allSatisfy(ByteClass.isTarget) else { return nil }
        self.target = (target.first == 0x2F ? "" : "/") + String(decoding: target, as: UTF8.self)
    }

    /// What the Host field says; a port that goes without saying is left out.
    package var authority: String {
        let host = isIPv6 ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? host : "\(host):\(port)"
    }

    /// Without path and query, in which a service's key may stand.
    package var origin: String { "\(isSecure ? "https" : "http")://\(authority)" }

    /// The URL as this type reads it back.
    package var text: String { origin + target }

    private static func authority(
        _ bytes: ArraySlice<UInt8>
    ) -> (host: String, port: UInt16?, isIPv6: Bool)? {
        var bytes = bytes
        var host: ArraySlice<UInt8>
        let isIPv6 = bytes.first == 0x5B
        if isIPv6 {
            guard let end = bytes.firstIndex(of: 0x5D) else { return nil }
            host = bytes[(bytes.startIndex + 1)..<end]
            bytes = bytes[(end + 1)...]
            guard host.contains(0x3A),
                host.allSatisfy({ ByteClass.hexadecimal($0) != nil || $0 == 0x3A || $0 == 0x2E })
            else { return nil }
        } else {
            host = bytes.prefix { $0 != 0x3A }
            bytes = bytes.dropFirst(host.count)
            guard host.allSatisfy(ByteClass.isHost) else { return nil }
        }
        guard !host.isEmpty else { return nil }
        let name = String(decoding: host, as: UTF8.self)
        guard let colon = bytes.popFirst() else { return (name, nil, isIPv6) }
        guard colon == 0x3A, (1...5).contains(bytes.count), bytes.allSatisfy(ByteClass.isDigit),
            let port = UInt16(String(decoding: bytes, as: UTF8.self)), port > 0
        else { return nil }
        return (name, port, isIPv6)
    }
}
