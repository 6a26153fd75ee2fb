// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// What tells a client by the certificate that it has shown: its digest, and the names in its
/// subject alternative name (RFC 5280 section 4.2.1.6).
///
/// The common name is no name: it has no type, so anything may stand in it (RFC 9525 section 2).
package struct PeerCertificate: Equatable, Sendable {
    /// Names beyond these are passed over: a certificate that is this long is meant to be slow.
    private static let namesMax = 64

    /// SHA-256 of the certificate in DER: 32 bytes.
    package let sha256: [UInt8]
    /// Names of hosts, in lower case.
    package let dnsNames: [String]
    /// As they stand there, such as `spiffe://example.org/job`.
    package let uris: [String]

    /// - Returns: `nil` if the peer has shown no certificate.
    init?(shownTo ssl: OpaquePointer) {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
        defer { X509_free(certificate) }
        var isDigested = false
        sha256 = [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
            isDigested = X509_digest(certificate, EVP_sha256(), buffer.baseAddress, nil) == 1
            count = isDigested ? SHA256.byteCount : 0
        }
        guard isDigested else { return nil }
        (dnsNames, uris) = Self.names(of: certificate)
    }

    private static func names(of certificate: OpaquePointer) -> (dns: [String], uris: [String]) {
        var names: (dns: [String], uris: [String]) = ([], [])
        guard let pointer = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
            ERR_clear_error()
            return names
        }
        let stack = OpaquePointer(pointer)
        defer { GENERAL_NAMES_free(stack) }
        for index in 0..<min(OPENSSL_sk_num(stack), Int32(namesMax)) {
            guard let value = OPENSSL_sk_value(stack, index) else { break }
            var type: Int32 = 0
            let name = value.assumingMemoryBound(to: GENERAL_NAME.self)
            guard let content = GENERAL_NAME_get0_value(name, &type),
                type == GEN_DNS || type == GEN_URI, let text = text(of: content)
            else { continue }
            if type == GEN_DNS {
                names.dns.append(text.lowercased())
            } else {
                names.uris.append(text)
            }
        }
        return names
    }

    /// The text if it is visible ASCII: a name that a zero byte or a space ends early for some
    /// reader is none.
    private static func text(of content: UnsafeMutableRawPointer) -> String? {
        let string = UnsafePointer(content.assumingMemoryBound(to: ASN1_STRING.self))
        let bytes = UnsafeBufferPointer(
            start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
        guard !bytes.isEmpty, bytes.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
