// SPDX-License-Identifier: Apache-2.0
import Telemetry
import Dispatch
import HTTP1
import OpenSSL

/// TLS handshakes: their public-key operations take a millisecond, so each step runs on a queue of
/// its own, and the loop goes on with its other connections meanwhile.
extension EventLoop {
    /// Takes the next step, as far as bytes have come. The socket is not waited for, and must not
    /// be closed, until the step is back.
    func continueHandshake(_ connection: Connection, _ session: TLSSession) {
        guard !connection.isInHandshakeStep else { return }
        connection.isInHandshakeStep = true
        setInterest(connection, [])
        let socket = connection.socket
        let generation = connection.generation
        let end =
            connection.phaseStartNanoseconds
            + UInt64(deadlines(of: connection).handshakeSeconds) * 1_000_000_000
        handshakes.async {
            // Nobody waits for one that comes up too late, and its key would hold up the others.
            let isLate = MonotonicClock.nanoseconds() >= end
            let outcome = isLate ? .closed : session.handshake()
            let agreement =
                if case .done = outcome { session.agreement } else { TLSAgreement?.none }
            self.perform { $0.handshakeStepped(socket, generation, outcome, agreement) }
        }
    }

    private func handshakeStepped(
        _ socket: Int32, _ generation: UInt32, _ outcome: TLSOutcome, _ agreement: TLSAgreement?
    ) {
        guard let connection = connection(socket, generation: generation) else { return }
        now = MonotonicClock.nanoseconds()
        connection.isInHandshakeStep = false
        if connection.isClosing { return close(connection) }
        switch outcome {
        case .wantsRead: setInterest(connection, .read)
        case .wantsWrite: setInterest(connection, .write)
        case .closed: giveUpHandshake(connection, .truncated)
        case .failed(let failure): giveUpHandshake(connection, failure)
        case .done:
            if let agreement {
                connection.serverName = Array((agreement.serverName ?? "").utf8)
                connection.clientCertificate = agreement.clientCertificate.map {
                    ClientCertificate(sha256: $0.sha256, dnsNames: $0.dnsNames, uris: $0.uris)
                }
                shard.count(.succeeded(agreement.version, isResumed: agreement.isResumed))
            }
            connection.holdsRecords = true
            connection.begin(.opening, now: now)
            setInterest(connection, .read)
            // The first request may have come with the handshake's last bytes.
            readable(connection, isAtEnd: false)
        }
    }

    /// Counts a handshake that came to nothing, and logs it.
    func tell(_ result: TLSHandshakeResult, _ connection: Connection) {
        shard.count(result)
        accessLog?.append(
            handshakeFailure: result.name, of: connection.client, nanoseconds: now)
    }

    /// Lets the client read the alert that says why: closed at once, with what it still sends
    /// unread, the connection would be reset and the alert lost (as in RFC 9112 section 9.6). That
    /// is so where a client of TLS 1.3 sends its request before its certificate has been refused.
    private func giveUpHandshake(_ connection: Connection, _ failure: TLSFailure) {
        tell(.failed(failure), connection)
        connection.transport = .plain
        connection.isClosing = true
        connection.lingers = true
        finish(connection)
    }

    /// Whether the request names a host that the certificate its client was shown does not cover:
    /// one that reached this connection only by sharing it (RFC 9110 section 15.5.20). Clients that
    /// named no server, such as probes by address, are not asked.
    func isMisdirected(
        _ connection: Connection, _ request: borrowing HTTPRequest, _ bytes: Span<UInt8>
    ) -> Bool {
        guard !connection.serverName.isEmpty, case .tls(let session) = connection.transport,
            let field = request[.host]
        else { return false }
        // Without the port, and the dot that makes a name absolute, which TLS leaves away.
        var end = field.lowerBound
        while end < field.upperBound, bytes[end] != 0x3A { end += 1 }
        if end > field.lowerBound, bytes[end - 1] == 0x2E { end -= 1 }
        let host = field.lowerBound..<end
        if connection.serverName.isEqual(to: bytes, host) { return false }
        let name = host.map { bytes[$0] }
        return !session.isValid(forHost: String(decoding: name, as: UTF8.self))
    }
}

extension [UInt8] {
    /// Whether these lower-case bytes are those of the range, whatever case its ASCII letters have.
    fileprivate func isEqual(to bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard count == range.count else { return false }
        for index in indices {
            let lower = ByteClass.lowercased(bytes[range.lowerBound + index])
            if lower != self[index] { return false }
        }
        return true
    }
}
