// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// One SSL_CTX in the making: a certificate, its key, and the server's policy.
struct ContextBuilder: ~Copyable {
    private let context: OpaquePointer

    /// TLS 1.2 with forward secrecy and authenticated encryption only (RFC 9325 section 4.2); the
    /// suites of TLS 1.3 are all of that kind.
    private static let cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
    private static let groups = "X25519:P-256:P-384"
    /// A ticket outlives its key by no more than this; and a client that was let in once comes back
    /// without showing its certificate for no longer.
    private static let sessionSecondsMax = 3600

    private init() throws(TLSError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_server_method()) else {
            throw .refused(setting: "a context", reason: TLSError.takeReason())
        }
        self.context = context
    }

    deinit { SSL_CTX_free(context) }

    /// - Returns: a context that the caller frees.
    static func build(
        _ identity: TLSContext.Identity, clientAuthorityPath: String?
    ) throws(TLSError) -> OpaquePointer {
        let builder = try ContextBuilder()
        try builder.setPolicy()
        builder.setResumption()
        builder.setApplicationProtocol()
        try load(identity, into: builder.context)
        try builder.judge(identity)
        if let clientAuthorityPath { try builder.requireClients(of: clientAuthorityPath) }
        SSL_CTX_up_ref(builder.context)
        return builder.context
    }

    private func setPolicy() throws(TLSError) {
        SSL_CTX_set_options(
            context,
            martlet_SSL_OP_NO_COMPRESSION | martlet_SSL_OP_NO_RENEGOTIATION
                | martlet_SSL_OP_CIPHER_SERVER_PREFERENCE | martlet_SSL_OP_PRIORITIZE_CHACHA)
        guard martlet_ssl_ctx_set_protocol_versions(context, TLS1_2_VERSION, TLS1_3_VERSION) == 1
        else { throw .refused(setting: "TLS 1.2 and 1.3", reason: TLSError.takeReason()) }
        guard SSL_CTX_set_cipher_list(context, Self.cipherSuites) == 1 else {
            throw .refused(setting: "the cipher suites", reason: TLSError.takeReason())
        }
        guard martlet_ssl_ctx_set_groups(context, Self.groups) == 1 else {
            throw .refused(setting: "the key exchange groups", reason: TLSError.takeReason())
        }
        // What the socket does not take at once stays in the caller's buffer, which may move.
        martlet_ssl_ctx_set_mode(
            context,
            Int(SSL_MODE_ENABLE_PARTIAL_WRITE) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        // One read for a record, instead of one for its header and one for the rest.
        martlet_ssl_ctx_set_read_ahead(context, 1)
    }

    /// Sessions live in tickets, sealed by a key that is born and dies with the context: the server
    /// remembers nothing, and a reload or a rotation makes every client prove itself anew. One
    /// ticket for a handshake, as clients of a service keep their connections. Without early data,
    /// which could be replayed.
    private func setResumption() {
        martlet_ssl_ctx_set_session_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
        SSL_CTX_set_num_tickets(context, 1)
        SSL_CTX_set_timeout(context, Self.sessionSecondsMax)
        // With client certificates, a session without a context id cannot be resumed.
        let identifier = Array("martlet".utf8)
        SSL_CTX_set_session_id_context(context, identifier, UInt32(identifier.count))
        SSL_CTX_set_max_early_data(context, 0)
    }

    /// A client that offers protocols must offer `http/1.1`; one that offers none is taken at its
    /// first request.
    private func setApplicationProtocol() {
        SSL_CTX_set_alpn_select_cb(
            context,
            { _, selected, selectedCount, offered, offeredCount, _ in
                let wanted: StaticString = "http/1.1"
                let list = UnsafeBufferPointer(start: offered, count: Int(offeredCount))
                var index = 0
                while index < list.count {
                    let name = index + 1..<min(list.count, index + 1 + Int(list[index]))
                    if list[name].elementsEqual(
                        UnsafeBufferPointer(
                            start: wanted.utf8Start, count: wanted.utf8CodeUnitCount))
                    {
                        // libssl copies it while the offer still stands.
                        selected?.pointee = offered.map { $0 + name.lowerBound }
                        selectedCount?.pointee = UInt8(name.count)
                        return SSL_TLSEXT_ERR_OK
                    }
                    index = name.upperBound
                }
                return SSL_TLSEXT_ERR_ALERT_FATAL
            }, nil)
    }

    /// Gives a context, a server's or a client's, its certificate and key.
    static func load(
        _ identity: TLSContext.Identity, into context: OpaquePointer
    ) throws(TLSError) {
        let certificatePath = identity.certificatePath
        let keyPath = identity.keyPath
        guard SSL_CTX_use_certificate_chain_file(context, certificatePath) == 1 else {
            throw .unreadableCertificate(
                file: certificatePath,
                reason: TLSError.takeReason(ofFile: certificatePath, content: "a certificate"))
        }
        var asksForPassphrase = false
        let result = withUnsafeMutablePointer(to: &asksForPassphrase) { asks in
            // Without a callback libcrypto would ask on the terminal.
            SSL_CTX_set_default_passwd_cb(context) { _, _, _, asks in
                asks?.storeBytes(of: true, as: Bool.self)
                return -1
            }
            SSL_CTX_set_default_passwd_cb_userdata(context, asks)
            defer { SSL_CTX_set_default_passwd_cb_userdata(context, nil) }
            return SSL_CTX_use_PrivateKey_file(context, keyPath, SSL_FILETYPE_PEM)
        }
        if asksForPassphrase {
            ERR_clear_error()
            throw .encryptedKey(file: keyPath)
        }
        guard result == 1 else {
            if ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH
                || ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_TYPE_MISMATCH
            {
                ERR_clear_error()
                throw .keyMismatch(certificatePath: certificatePath, keyPath: keyPath)
            }
            throw .unreadableKey(
                file: keyPath,
                reason: TLSError.takeReason(ofFile: keyPath, content: "a private key"))
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            ERR_clear_error()
            throw .keyMismatch(certificatePath: certificatePath, keyPath: keyPath)
        }
    }

    /// What clients would refuse is refused here, at a time when somebody looks.
    private func judge(_ identity: TLSContext.Identity) throws(TLSError) {
        let path = identity.certificatePath
        guard var subject = SSL_CTX_get0_certificate(context) else {
            throw .unreadableCertificate(file: path, reason: "it holds no certificate")
        }
        // A time that cannot be read compares as 0, which is neither.
        if X509_cmp_current_time(X509_get0_notAfter(subject)) < 0 { throw .expired(file: path) }
        if X509_cmp_current_time(X509_get0_notBefore(subject)) > 0 {
            throw .notYetValid(file: path)
        }
        var chain: OpaquePointer?
        martlet_ssl_ctx_get0_chain(context, &chain)
        // Without a chain the count is -1.
        for index in 0..<max(0, OPENSSL_sk_num(chain)) {
            guard let issuer = OpaquePointer(OPENSSL_sk_value(chain, index)) else { break }
            guard X509_check_issued(issuer, subject) == X509_V_OK else {
                throw .brokenChain(file: path, position: Int(index) + 2)
            }
            subject = issuer
        }
    }

    /// Lets only clients in that show a certificate of these authorities, none of them revoked.
    private func requireClients(of file: String) throws(TLSError) {
        guard SSL_CTX_load_verify_file(context, file) == 1,
            let names = SSL_load_client_CA_file(file)
        else {
            throw .unreadableClientAuthority(
                file: file, reason: TLSError.takeReason(ofFile: file, content: "certificates"))
        }
        SSL_CTX_set_client_CA_list(context, names)
        let store = SSL_CTX_get_cert_store(context)
        if martlet_x509_store_has_crl(store) == 1 {
            X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK))
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }
}
