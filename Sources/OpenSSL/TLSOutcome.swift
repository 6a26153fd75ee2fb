// SPDX-License-Identifier: Apache-2.0

/// What became of an attempt to move a TLS session on, which never waits.
package enum TLSOutcome: Equatable, Sendable {
    /// So many bytes of plain text were moved; 0 for a handshake, which is complete.
    case done(Int)
    /// Goes on when the socket can be read.
    case wantsRead
    /// Goes on when the socket can be written.
    case wantsWrite
    /// The peer said that it sends no more (close_notify).
    case closed
    /// The session is of no use any more.
    case failed(TLSFailure)
}

/// Why a session failed; the raw values are the labels of metrics.
package enum TLSFailure: String, CaseIterable, Equatable, Sendable {
    /// The client speaks HTTP without TLS.
    case plainHTTP = "plain_http"
    /// No version of TLS that both sides speak.
    case noSharedVersion = "no_shared_version"
    case noSharedCipher = "no_shared_cipher"
    /// ALPN: the client offers protocols, `http/1.1` not among them (RFC 7301 section 3.2).
    case noSharedProtocol = "no_shared_protocol"
    /// A client certificate is required, and none came.
    case certificateMissing = "certificate_missing"
    /// The client's certificate is expired, revoked, or of another authority.
    case certificateRefused = "certificate_refused"
    /// The peer refused, as it does when it does not trust the server's certificate.
    case alertReceived = "alert_received"
    /// The connection ended without close_notify: what came before may have been cut short.
    case truncated
    /// Anything else: bytes that are no TLS, a forged record, an attempt to renegotiate.
    case malformed
}

/// The version that a session speaks; the raw values are the labels of metrics.
package enum TLSVersion: String, CaseIterable, Equatable, Sendable {
    case tls12 = "TLSv1.2"
    case tls13 = "TLSv1.3"
}
