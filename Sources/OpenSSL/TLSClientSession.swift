// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc

/// A client's side of a session with a server that must prove who it is: by a certificate of a
/// trusted authority, for the host that was asked for (RFC 9110 section 4.3.4).
///
/// Over a connected, non-blocking socket, which stays the caller's; no call waits.
package final class TLSClientSession {
    package struct Options: Equatable, Sendable {
        /// A PEM file of the authorities that are trusted; `nil` for those of the system.
        package var authorityPath: String?
        /// What to show to a server that asks for a certificate.
        package var identity: TLSContext.Identity?

        package init(authorityPath: String? = nil, identity: TLSContext.Identity? = nil) {
            self.authorityPath = authorityPath
            self.identity = identity
        }
    }

    private var connection: TLSConnection

    /// - Parameter host: a name, or an address without brackets.
    package init(descriptor: Int32, host: String, _ options: Options) throws(TLSError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw .refused(setting: "a context", reason: TLSError.takeReason())
        }
        // The SSL keeps it alive.
        defer { SSL_CTX_free(context) }
        try Self.configure(context, options)
        guard let ssl = SSL_new(context) else {
            throw .refused(setting: "a session", reason: TLSError.takeReason())
        }
        guard Self.expect(host, ssl) else {
            SSL_free(ssl)
            throw .refused(setting: "the host '\(host)'", reason: TLSError.takeReason())
        }
        // Made here and known to nobody else: it may go.
        guard let own = OpaquePointer(bitPattern: UInt(bitPattern: ssl)),
            let connection = TLSConnection(own, descriptor: descriptor, side: .client)
        else {
            throw .refused(setting: "a connection", reason: TLSError.takeReason())
        }
        self.connection = connection
    }

    private static func configure(
        _ context: OpaquePointer, _ options: Options
    ) throws(TLSError) {
        guard martlet_ssl_ctx_set_protocol_versions(context, TLS1_2_VERSION, TLS1_3_VERSION) == 1
        else { throw .refused(setting: "TLS 1.2 and 1.3", reason: TLSError.takeReason()) }
        martlet_ssl_ctx_set_mode(
            context,
            Int(SSL_MODE_ENABLE_PARTIAL_WRITE) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        if let path = options.authorityPath {
            guard SSL_CTX_load_verify_file(context, path) == 1 else {
                throw .unreadableAuthority(
                    file: path, reason: TLSError.takeReason(ofFile: path, content: "certificates"))
            }
        } else if SSL_CTX_set_default_verify_paths(context) != 1 {
            throw .refused(setting: "the system's authorities", reason: TLSError.takeReason())
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        let offer = [UInt8(8)] + Array("http/1.1".utf8)
        SSL_CTX_set_alpn_protos(context, offer, UInt32(offer.count))
        if let identity = options.identity { try ContextBuilder.load(identity, into: context) }
    }

    /// Makes the handshake fail unless the certificate is for the host: a wildcard stands for one
    /// whole label (RFC 6125 section 6.4.3), and an address must stand among the addresses.
    private static func expect(_ host: String, _ ssl: OpaquePointer) -> Bool {
        let parameters = SSL_get0_param(ssl)
        var storage = in6_addr()
        if inet_pton(AF_INET, host, &storage) == 1 || inet_pton(AF_INET6, host, &storage) == 1 {
            return X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1
        }
        SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        // An empty name would switch the check off.
        return !host.isEmpty && SSL_set1_host(ssl, host) == 1
            && martlet_ssl_set_server_name(ssl, host) == 1
    }

    package func handshake() -> TLSOutcome { connection.handshake() }

    /// What was wrong with the server's certificate; `nil` where nothing was.
    package var refusal: String? { connection.refusal }

    package func read(into buffer: inout MutableRawSpan) -> TLSOutcome {
        var hasMore = false
        return connection.read(into: &buffer, hasMore: &hasMore)
    }

    /// What was not taken must come first in the next call.
    package func write(_ bytes: RawSpan) -> TLSOutcome { connection.write(bytes) }

    /// Says that no more will be sent, if the socket takes it.
    package func close() { connection.close() }
}
