// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// The contexts of a server's certificates, all alike but for the certificate, and the choice among
/// them by the name that a client asks for (SNI, RFC 6066 section 3).
///
/// libssl's callback reads it on any thread, which is sound as nothing in it changes.
final class CertificateTable {
    private var contexts: [OpaquePointer] = []

    /// The context that new sessions begin with.
    var first: OpaquePointer { contexts[0] }

    init(
        _ identities: [TLSContext.Identity], clientAuthorityPath: String?
    ) throws(TLSError) {
        guard !identities.isEmpty else { throw .noCertificate }
        for identity in identities {
            contexts.append(
                try ContextBuilder.build(identity, clientAuthorityPath: clientAuthorityPath))
        }
        let own = Unmanaged.passUnretained(self).toOpaque()
        martlet_ssl_ctx_set_servername_callback(
            first,
            { session, _, table in
                guard let session, let table,
                    let name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name),
                    let selected = Unmanaged<CertificateTable>.fromOpaque(table)
                        .takeUnretainedValue().context(for: name)
                else { return SSL_TLSEXT_ERR_NOACK }
                SSL_set_SSL_CTX(session, selected)
                return SSL_TLSEXT_ERR_OK
            }, own)
    }

    deinit {
        for context in contexts { SSL_CTX_free(context) }
    }

    /// When each identity's certificate expires, in Unix seconds.
    var expiryUnixSeconds: [Int] {
        contexts.map { context in
            var time = tm()
            guard let leaf = SSL_CTX_get0_certificate(context),
                ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &time) == 1
            else { return 0 }
            return timegm(&time)
        }
    }

    /// The first whose certificate bears the name in full, then the first that bears it by a
    /// wildcard; `nil` when none does.
    private func context(for name: UnsafePointer<CChar>) -> OpaquePointer? {
        let plain = UInt32(X509_CHECK_FLAG_NO_WILDCARDS)
        return contexts.first { Self.bears(name, flags: plain, SSL_CTX_get0_certificate($0)) }
            ?? contexts.first { Self.bears(name, SSL_CTX_get0_certificate($0)) }
    }

    /// Whether a certificate is for a host (RFC 6125 section 6.4): a wildcard stands for one whole
    /// label, and the common name counts only where there are no alternative names.
    static func bears(
        _ host: UnsafePointer<CChar>, flags: UInt32 = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS),
        _ certificate: OpaquePointer?
    ) -> Bool {
        guard let certificate else { return false }
        return X509_check_host(certificate, host, 0, flags, nil) == 1
    }
}
