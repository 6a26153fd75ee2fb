// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Synchronization

/// What a server shows to its clients: certificates with their keys, and whom it asks for one.
///
/// Checked when it is made: chains and keys can be read, each key belongs to its certificate, and
/// none has expired. Immutable afterwards; a changed file means a new context, and connections made
/// with the old one keep it. TLS 1.2 and 1.3, ALPN `http/1.1`, sessions resumed by tickets.
package final class TLSContext: Sendable {
    /// One certificate chain in PEM, leaf first, and its key.
    package struct Identity: Equatable, Sendable {
        package let certificatePath: String
        package let keyPath: String

        package init(certificatePath: String, keyPath: String) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
        }
    }

    /// One context of libssl for each identity. It is the first one's that connections start with;
    /// the server name that a client sends may choose another (RFC 6066 section 3).
    private final class Contexts {
        let pointers: [OpaquePointer]

        init(_ pointers: [OpaquePointer]) {
            self.pointers = pointers
        }

        deinit {
            for pointer in pointers { SSL_CTX_free(pointer) }
        }
    }

    private let contexts: Mutex<Contexts>
    /// When the first of the certificates ceases to be valid, in Unix seconds.
    package let expiryUnixSeconds: Int

    /// - Parameters:
    ///   - identities: at least one; the first is shown where no name fits.
    ///   - clientCAPath: certificates in PEM; a client must show one that they vouch for.
    package init(
        identities: [Identity], clientCAPath: String?
    ) throws(TLSError) {
        var pointers: [OpaquePointer] = []
        var expiry = Int.max
        do throws(TLSError) {
            for identity in identities {
                let pointer = try Self.makeContext()
                pointers.append(pointer)
                try Self.load(identity, into: pointer)
                expiry = min(expiry, try Self.expiry(of: pointer, identity))
                if let clientCAPath { try Self.demandClients(of: clientCAPath, pointer) }
            }
        } catch {
            for pointer in pointers { SSL_CTX_free(pointer) }
            throw error
        }
        let contexts = Contexts(pointers)
        for pointer in pointers {
            martlet_set_servername_callback(
                pointer, Self.chooseByName, Unmanaged.passUnretained(contexts).toOpaque())
            SSL_CTX_set_alpn_select_cb(pointer, Self.selectProtocol, nil)
        }
        self.contexts = Mutex(contexts)
        expiryUnixSeconds = expiry
    }

    /// A server's session on a connected socket; the context must outlive its handshake.
    func makeSession() -> OpaquePointer? {
        contexts.withLock { contexts in contexts.pointers.first.flatMap { SSL_new($0) } }
    }

    private static func makeContext() throws(TLSError) -> OpaquePointer {
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw .outOfMemory }
        martlet_refuse_pass_phrases(context)
        let name = Array("martlet".utf8)
        guard martlet_configure(context) == 1,
            SSL_CTX_set_session_id_context(context, name, UInt32(name.count)) == 1
        else {
            SSL_CTX_free(context)
            throw .outOfMemory
        }
        return context
    }

    private static func load(
        _ identity: Identity, into context: OpaquePointer
    ) throws(TLSError) {
        ERR_clear_error()
        guard SSL_CTX_use_certificate_chain_file(context, identity.certificatePath) == 1 else {
            throw .certificate(path: identity.certificatePath, reason: TLSError.lastReason())
        }
        guard SSL_CTX_use_PrivateKey_file(context, identity.keyPath, SSL_FILETYPE_PEM) == 1 else {
            if ERR_GET_REASON_is(X509_R_KEY_VALUES_MISMATCH) {
                ERR_clear_error()
                throw .keyDoesNotMatch(
                    certificate: identity.certificatePath, key: identity.keyPath)
            }
            throw .key(path: identity.keyPath, reason: TLSError.lastReason())
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            ERR_clear_error()
            throw .keyDoesNotMatch(certificate: identity.certificatePath, key: identity.keyPath)
        }
    }

    /// Whether the last error says that certificate and key differ; their types may, or their
    /// values.
    private static func ERR_GET_REASON_is(_ reason: Int32) -> Bool {
        let last = Int32(truncatingIfNeeded: ERR_peek_last_error() & 0x7F_FFFF)
        return last == reason || last == X509_R_KEY_TYPE_MISMATCH
    }

    private static func expiry(
        of context: OpaquePointer, _ identity: Identity
    ) throws(TLSError) -> Int {
        var end = tm()
        guard let certificate = SSL_CTX_get0_certificate(context),
            ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1
        else {
            throw .certificate(path: identity.certificatePath, reason: "it has no last day")
        }
        let seconds = Int(timegm(&end))
        guard seconds > Int(time(nil)) else { throw .expired(path: identity.certificatePath) }
        return seconds
    }

    private static func demandClients(
        of path: String, _ context: OpaquePointer
    ) throws(TLSError) {
        ERR_clear_error()
        guard SSL_CTX_load_verify_locations(context, path, nil) == 1,
            let names = SSL_load_client_CA_file(path)
        else { throw .clientCA(path: path, reason: TLSError.lastReason()) }
        SSL_CTX_set_client_CA_list(context, names)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }

    /// Takes the certificate that covers the client's name, wildcards included (RFC 6125
    /// section 6.4); an unknown name gets the first.
    private static let chooseByName:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<Int32>?, UnsafeMutableRawPointer?
        ) -> Int32 = { session, _, argument in
            guard let argument,
                let name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name)
            else { return SSL_TLSEXT_ERR_NOACK }
            let contexts = Unmanaged<Contexts>.fromOpaque(argument).takeUnretainedValue()
            for pointer in contexts.pointers
            where X509_check_host(SSL_CTX_get0_certificate(pointer), name, 0, 0, nil) == 1 {
                SSL_set_SSL_CTX(session, pointer)
                return SSL_TLSEXT_ERR_OK
            }
            return SSL_TLSEXT_ERR_NOACK
        }

    /// HTTP/1.1 or nothing (RFC 7301 section 3.2).
    private static let selectProtocol: SSL_CTX_alpn_select_cb_func = {
        _, chosen, length, offered, count, _ in
        guard let offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        let name = Array("http/1.1".utf8)
        var start = 0
        while start < Int(count) {
            let size = Int(offered[start])
            guard start + 1 + size <= Int(count) else { break }
            if size == name.count, (0..<size).allSatisfy({ offered[start + 1 + $0] == name[$0] }) {
                chosen?.pointee = offered + start + 1
                length?.pointee = UInt8(size)
                return SSL_TLSEXT_ERR_OK
            }
            start += 1 + size
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
}
