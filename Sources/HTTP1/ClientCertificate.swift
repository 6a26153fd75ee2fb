// SPDX-License-Identifier: Apache-2.0

/// The certificate by which a client has proved who it is when its connection began.
///
/// A reference, so that each request of the connection can carry it at the price of a count.
package final class ClientCertificate: Sendable {
    /// `sha256:` and the 64 lower-case hexadecimal digits of the digest of its DER form; then each
    /// of its names with its kind, `dns:client.example` or `uri:spiffe://example.org/job`, in the
    /// certificate's order. Visible ASCII.
    package let subjects: [String]

    /// - Parameters:
    ///   - sha256: 32 bytes.
    ///   - dnsNames: in lower case.
    package init(sha256: [UInt8], dnsNames: [String], uris: [String]) {
        var digest = "sha256:"
        for byte in sha256 {
            if byte < 16 { digest += "0" }
            digest += String(byte, radix: 16)
        }
        subjects = [digest] + dnsNames.map { "dns:" + $0 } + uris.map { "uri:" + $0 }
    }
}
