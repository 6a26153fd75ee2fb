// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc
package import OpenSSL

/// The client's side of a TLS connection, by libssl itself.
///
/// It believes any certificate, unless asked to verify: what it tests is the server.
package final class TLSClient {
    package struct Options {
        package var versions = TLS1_2_VERSION...TLS1_3_VERSION
        package var protocols: [String] = []
        package var serverName: String?
        package var certificate: TLSContext.Identity?
        package var cipherSuites: String?
        /// A session of before, to go on with.
        package var session: Session?
        /// The authority that the server's certificate must be of.
        package var authorityPath: String?

        package init() {}
    }

    package final class Session {
        fileprivate let pointer: OpaquePointer
        fileprivate init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { SSL_SESSION_free(pointer) }
    }

    package struct Failure: Error {
        package let step: String
    }

    package let ssl: OpaquePointer
    /// Closed with this.
    package let socket: Int32
    private let context: OpaquePointer
    /// Kept alive as long as this: a server under test.
    package var server: AnyObject?

    package init(socket: Int32, _ options: Options = Options()) throws {
        signal(SIGPIPE, SIG_IGN)
        self.socket = socket
        guard let context = SSL_CTX_new(TLS_client_method()), let ssl = Self.open(context, options)
        else { throw Failure(step: "context") }
        self.context = context
        self.ssl = ssl
        if let name = options.serverName {
            var bytes = Array(name.utf8CString)
            SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), &bytes)
        }
        if let session = options.session { SSL_set_session(ssl, session.pointer) }
        SSL_set_fd(ssl, socket)
        SSL_set_connect_state(ssl)
    }

    deinit {
        // libssl holds a session for broken whose connection ends without a word.
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        SSL_free(ssl)
        SSL_CTX_free(context)
        close(socket)
    }

    private static func open(_ context: OpaquePointer, _ options: Options) -> OpaquePointer? {
        _ = martlet_ssl_ctx_set_protocol_versions(
            context, options.versions.lowerBound, options.versions.upperBound)
        if let suites = options.cipherSuites {
            guard SSL_CTX_set_cipher_list(context, suites) == 1 else { return nil }
        }
        if let certificate = options.certificate {
            SSL_CTX_use_certificate_chain_file(context, certificate.certificatePath)
            SSL_CTX_use_PrivateKey_file(context, certificate.keyPath, SSL_FILETYPE_PEM)
        }
        if let path = options.authorityPath {
            guard SSL_CTX_load_verify_file(context, path) == 1 else { return nil }
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        }
        if !options.protocols.isEmpty {
            let list = options.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            SSL_CTX_set_alpn_protos(context, list, UInt32(list.count))
        }
        return SSL_new(context)
    }

    /// - Returns: how many bytes were taken; at most 0 for a failure.
    package func write(_ bytes: [UInt8]) -> Int {
        ERR_clear_error()
        return Int(SSL_write(ssl, bytes, Int32(bytes.count)))
    }

    /// What can be read now; `nil` at an end or a failure.
    package func read() -> [UInt8]? {
        ERR_clear_error()
        var block = [UInt8](repeating: 0, count: 65_536)
        let count = SSL_read(ssl, &block, Int32(block.count))
        if count > 0 { return Array(block[..<Int(count)]) }
        return SSL_get_error(ssl, count) == SSL_ERROR_WANT_READ ? [] : nil
    }

    /// Whether the server has said that it will send no more.
    package var hasBeenClosed: Bool { SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0 }

    package var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    /// The common name of the certificate that the server showed.
    package var serverCommonName: String? {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
        defer { X509_free(certificate) }
        var text = [CChar](repeating: 0, count: 256)
        let name = X509_get_subject_name(certificate)
        let count = X509_NAME_get_text_by_NID(name, NID_commonName, &text, Int32(text.count))
        return String(
            decoding: text.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package var selectedProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &count)
        guard let name else { return nil }
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
    }

    /// The session to resume, as of the last ticket that was read.
    package func session() -> Session? {
        SSL_get1_session(ssl).map { Session($0) }
    }
}
