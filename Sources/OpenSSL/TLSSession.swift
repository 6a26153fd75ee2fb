// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Synchronization

/// The server's side of one TLS connection over a non-blocking socket.
///
/// One thread uses it at a time, now the loop's, now the one that computes the handshake; the lock
/// makes the compiler sure of that and is never waited for.
package final class TLSSession: Sendable {
    private let connection: Mutex<TLSConnection>
    /// Keeps the table alive that libssl's callback chooses the certificate from.
    private let context: TLSContext

    init?(_ ssl: sending OpaquePointer, descriptor: Int32, context: TLSContext) {
        guard let connection = TLSConnection(ssl, descriptor: descriptor) else { return nil }
        self.connection = Mutex(connection)
        self.context = context
    }

    /// Moves the handshake on as far as what has come allows. Takes about a millisecond of
    /// computing where it signs with an RSA key.
    package func handshake() -> TLSOutcome {
        connection.withLock { $0.handshake() }
    }

    /// Reads until the buffer is full or the socket empty.
    ///
    /// - Parameter hasMore: set to whether there may be more to read that the kernel will not tell
    ///   of, as an edge-triggered socket is told of once.
    package func read(into buffer: inout MutableRawSpan, hasMore: inout Bool) -> TLSOutcome {
        connection.withLock { $0.read(into: &buffer, hasMore: &hasMore) }
    }

    /// Writes until all is gone or the socket full. What was not taken must come first in the next
    /// call, from whatever address.
    package func write(_ bytes: RawSpan) -> TLSOutcome {
        connection.withLock { $0.write(bytes) }
    }

    /// Says that no more will be sent (close_notify), if the socket takes it; the socket stays
    /// open.
    package func close() {
        connection.withLock { $0.close() }
    }

    /// Gives the memory of a record in each direction back, which an idle session does without.
    package func releaseBuffers() {
        connection.withLock { $0.releaseBuffers() }
    }

    /// What the handshake agreed on.
    package var agreement: TLSAgreement {
        connection.withLock { $0.agreement }
    }

    /// Whether the certificate of this session is for the host, a name or an address.
    package func isValid(forHost host: String) -> Bool {
        connection.withLock { $0.isValid(forHost: host) }
    }
}

/// What a completed handshake agreed on.
package struct TLSAgreement: Equatable, Sendable {
    package let version: TLSVersion
    /// Whether it went on with a session of before, without certificates.
    package let isResumed: Bool
    /// The name that the client asked for (SNI), in lower case.
    package let serverName: String?
    /// What the client showed, now or when the session began that this one goes on with; it is of
    /// an authority that the context lets in.
    package let clientCertificate: PeerCertificate?
}
