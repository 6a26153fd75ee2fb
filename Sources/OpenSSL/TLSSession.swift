// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Synchronization

/// One connection's TLS, over a socket that does not block.
///
/// It belongs to one thread at a time, but not always to the same one: handshakes run elsewhere
/// than what follows them.
package final class TLSSession: Sendable {
    /// What became of a step.
    package enum Outcome: Equatable, Sendable {
        /// The handshake is done, or so many bytes were moved.
        case done(Int)
        case wantsRead
        case wantsWrite
        /// The peer has said that it will send no more (close_notify).
        case closed
        /// The peer broke off without saying so, or broke the protocol.
        case failed
    }

    /// How a handshake ended.
    package struct Summary: Equatable, Sendable {
        /// As in `TLSv1.3`.
        package let version: String
        package let isResumed: Bool
        /// The server name that the client sent, in lower case; empty if none.
        package let serverName: [UInt8]
    }

    /// The address of an SSL, held as a number so that it may go from thread to thread.
    private let address: Mutex<UInt>

    /// - Parameter socket: connected; not closed by this.
    /// - Returns: `nil` when there is no memory.
    package init?(_ context: TLSContext, socket: Int32) {
        guard let session = context.makeSession() else { return nil }
        SSL_set_accept_state(session)
        guard SSL_set_fd(session, socket) == 1 else {
            SSL_free(session)
            return nil
        }
        address = Mutex(UInt(bitPattern: session))
    }

    deinit {
        withSession { SSL_free($0) }
    }

    @inline(__always)
    private func withSession<Result: Sendable>(_ body: (OpaquePointer?) -> Result) -> Result {
        address.withLock { body(OpaquePointer(bitPattern: $0)) }
    }

    package func handshake() -> Outcome {
        withSession { session in
            ERR_clear_error()
            let result = SSL_do_handshake(session)
            return Self.outcome(session, result, count: 0)
        }
    }

    /// Reads until `buffer` is full or nothing more has come.
    ///
    /// - Parameter endsEarly: set when there may be more to read that the socket will not tell of.
    package func read(
        into buffer: UnsafeMutableBufferPointer<UInt8>, endsEarly: inout Bool
    ) -> Outcome {
        withSession { session in
            var total = 0
            while total < buffer.count {
                var count = 0
                ERR_clear_error()
                let result = SSL_read_ex(
                    session, buffer.baseAddress.map { $0 + total }, buffer.count - total, &count)
                total += count
                if result == 1 { continue }
                let outcome = Self.outcome(session, result, count: 0)
                if total == 0 { return outcome }
                endsEarly = outcome == .closed || outcome == .failed
                return .done(total)
            }
            endsEarly = true
            return .done(total)
        }
    }

    /// Writes as much as the socket takes. What is not taken must be offered again, unchanged.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        withSession { session in
            var total = 0
            while total < bytes.count {
                var count = 0
                ERR_clear_error()
                let result = SSL_write_ex(
                    session, bytes.baseAddress.map { $0 + total }, bytes.count - total, &count)
                total += count
                if result == 1 { continue }
                let outcome = Self.outcome(session, result, count: 0)
                return total > 0 && outcome != .failed ? .done(total) : outcome
            }
            return .done(total)
        }
    }

    /// Tells the peer that nothing more will be sent (RFC 8446 section 6.1); does not wait for its
    /// word.
    package func shutdown() {
        withSession { session in
            guard SSL_is_init_finished(session) == 1 else { return }
            ERR_clear_error()
            _ = SSL_shutdown(session)
        }
    }

    /// - Precondition: the handshake is done.
    package var summary: Summary {
        withSession { session in
            let name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name)
            return Summary(
                version: String(cString: SSL_get_version(session)),
                isResumed: SSL_session_reused(session) == 1,
                serverName: name.map { Array(String(cString: $0).lowercased().utf8) } ?? [])
        }
    }

    /// Whether the certificate that was shown covers `host`.
    package func certificateCovers(_ host: String) -> Bool {
        withSession { session in
            guard let certificate = SSL_get_certificate(session) else { return false }
            return X509_check_host(certificate, host, 0, 0, nil) == 1
                || X509_check_ip_asc(certificate, host, 0) == 1
        }
    }

    private static func outcome(_ session: OpaquePointer?, _ result: Int32, count: Int) -> Outcome {
        if result == 1 { return .done(count) }
        switch SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .closed
        default: return .failed
        }
    }
}
