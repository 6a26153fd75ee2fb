// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// An SSL with its way to the socket: all that is unsafe about a session.
///
/// libssl's queue of errors belongs to the thread, so it is emptied before each call; what another
/// session left there would be taken for this one's failure.
struct TLSConnection: ~Copyable {
    /// Records read in one go: a client that sends many tiny ones does not hold a loop for long.
    private static let recordsMax = 64

    private static let freesBuffersSafely = LibrarySafety.freesBuffers(OpenSSL_version_num())

    private let ssl: OpaquePointer
    private let socket: UnsafeMutablePointer<SocketBIO>
    /// The end or the failure that lay behind the bytes read last.
    private var ending: TLSOutcome?

    enum Side { case server, client }

    /// Takes over the SSL, also when it fails.
    init?(_ ssl: sending OpaquePointer, descriptor: Int32, side: Side = .server) {
        self.ssl = ssl
        socket = .allocate(capacity: 1)
        socket.initialize(to: SocketBIO(descriptor: descriptor))
        guard let bio = SocketBIO.makeBIO(over: socket) else { return nil }
        // The SSL frees it.
        SSL_set_bio(ssl, bio, bio)
        switch side {
        case .server: SSL_set_accept_state(ssl)
        case .client: SSL_set_connect_state(ssl)
        }
    }

    deinit {
        SSL_free(ssl)
        socket.deallocate()
    }

    func handshake() -> TLSOutcome {
        begin()
        let result = SSL_do_handshake(ssl)
        return result == 1 ? .done(0) : outcome(of: result)
    }

    /// - Parameter hasMore: set to whether there may be more to read that the socket will not tell
    ///   of: libssl has it, or the kernel was not asked until it had nothing left.
    mutating func read(into buffer: inout MutableRawSpan, hasMore: inout Bool) -> TLSOutcome {
        hasMore = false
        if let ending { return ending }
        begin()
        return buffer.withUnsafeMutableBytes { buffer in
            var count = 0
            for _ in 0..<Self.recordsMax where count < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                var taken = 0
                let result = SSL_read_ex(ssl, rest.baseAddress, rest.count, &taken)
                guard result == 1 else {
                    let outcome = outcome(of: result)
                    switch outcome {
                    case .closed, .failed:
                        ending = outcome
                        hasMore = count > 0
                    case .done, .wantsRead, .wantsWrite: break
                    }
                    return count > 0 ? .done(count) : outcome
                }
                count += taken
            }
            hasMore = SSL_has_pending(ssl) == 1 || !socket.pointee.isDrained
            return .done(count)
        }
    }

    func write(_ bytes: RawSpan) -> TLSOutcome {
        begin()
        return bytes.withUnsafeBytes { bytes in
            var count = 0
            while count < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[count...])
                var taken = 0
                let result = SSL_write_ex(ssl, rest.baseAddress, rest.count, &taken)
                guard result == 1 else { return count > 0 ? .done(count) : outcome(of: result) }
                count += taken
            }
            return .done(count)
        }
    }

    func close() {
        begin()
        // In the middle of a handshake libssl has nothing to close.
        guard SSL_is_init_finished(ssl) == 1 else { return }
        SSL_shutdown(ssl)
        ERR_clear_error()
    }

    /// Gives memory back that an idle session does not need, where libssl does that safely.
    func releaseBuffers() {
        guard Self.freesBuffersSafely else { return }
        begin()
        SSL_free_buffers(ssl)
    }

    var agreement: TLSAgreement {
        // There is no third: the context allows these two.
        let version: TLSVersion = SSL_version(ssl) == TLS1_2_VERSION ? .tls12 : .tls13
        let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
        return TLSAgreement(
            version: version, isResumed: SSL_session_reused(ssl) == 1,
            serverName: name.map { String(cString: $0).lowercased() },
            clientCertificate: PeerCertificate(shownTo: ssl))
    }

    func isValid(forHost host: String) -> Bool {
        CertificateTable.bears(host, SSL_get_certificate(ssl))
            || X509_check_ip_asc(SSL_get_certificate(ssl), host, 0) == 1
    }

    /// What was wrong with the peer's certificate; `nil` where nothing was.
    var refusal: String? {
        let result = SSL_get_verify_result(ssl)
        guard result != X509_V_OK else { return nil }
        return String(cString: X509_verify_cert_error_string(result))
    }

    private func begin() {
        ERR_clear_error()
        socket.pointee.isDrained = false
    }

    private func outcome(of result: Int32) -> TLSOutcome {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: .wantsRead
        case SSL_ERROR_WANT_WRITE: .wantsWrite
        case SSL_ERROR_ZERO_RETURN: .closed
        case SSL_ERROR_SYSCALL: .failed(.truncated)
        default: .failed(Self.takeFailure())
        }
    }

    /// The failure that the thread's queue of errors tells of; empties it.
    private static func takeFailure() -> TLSFailure {
        let code = ERR_peek_error()
        ERR_clear_error()
        guard ERR_GET_LIB(code) == ERR_LIB_SSL else { return .malformed }
        switch ERR_GET_REASON(code) {
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST: return .plainHTTP
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW: return .noSharedVersion
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_KEY_SHARE: return .noSharedCipher
        case SSL_R_NO_APPLICATION_PROTOCOL: return .noSharedProtocol
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return .certificateMissing
        case SSL_R_CERTIFICATE_VERIFY_FAILED: return .certificateRefused
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: return .truncated
        case let reason where reason > SSL_AD_REASON_OFFSET: return .alertReceived
        default: return .malformed
        }
    }
}
