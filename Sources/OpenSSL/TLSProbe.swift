// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc

/// A client that asks a server one thing, over a connected socket that blocks.
///
/// Like the probes of Kubernetes it does not ask whose certificate it is shown: it asks for no more
/// than whether the server at an address is well.
package struct TLSProbe: ~Copyable {
    private let ssl: OpaquePointer

    /// - Parameters:
    ///   - socket: stays the caller's.
    ///   - identity: what to show to a server that lets only certain clients in.
    package init(socket: Int32, identity: TLSContext.Identity?) throws(TLSError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw .refused(setting: "a context", reason: TLSError.takeReason())
        }
        // The SSL keeps it alive.
        defer { SSL_CTX_free(context) }
        if let identity {
            try ContextBuilder.load(identity, into: context)
        }
        guard let ssl = SSL_new(context) else {
            throw .refused(setting: "a session", reason: TLSError.takeReason())
        }
        self.ssl = ssl
        SSL_set_fd(ssl, socket)
    }

    deinit { SSL_free(ssl) }

    /// Sends the request and reads until the server closes.
    ///
    /// - Throws: `.notTLS`, `.clientCertificateWanted`, or `.broken` with what libssl says of it.
    package func exchange(_ request: [UInt8]) throws(TLSError) -> [UInt8] {
        ERR_clear_error()
        guard SSL_connect(ssl) == 1, SSL_write(ssl, request, Int32(request.count)) > 0 else {
            throw Self.takeError()
        }
        var answer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16_384)
        var count = SSL_read(ssl, &block, Int32(block.count))
        while count > 0 {
            answer += block[..<Int(count)]
            count = SSL_read(ssl, &block, Int32(block.count))
        }
        // A fatal alert ends what can be read too, but is no end of the answer.
        guard SSL_get_error(ssl, count) == SSL_ERROR_ZERO_RETURN else {
            throw Self.takeError()
        }
        return answer
    }

    /// What the thread's queue of errors says of an exchange that failed; empties it.
    private static func takeError() -> TLSError {
        let code = ERR_peek_error()
        if ERR_GET_LIB(code) == ERR_LIB_SSL {
            switch ERR_GET_REASON(code) {
            case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST:
                ERR_clear_error()
                return .notTLS
            case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
                ERR_clear_error()
                return .clientCertificateWanted
            default: break
            }
        }
        return .broken(reason: TLSError.takeReason())
    }
}
