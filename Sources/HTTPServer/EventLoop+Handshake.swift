// SPDX-License-Identifier: Apache-2.0
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
        handshakes.async {
            let outcome = session.handshake()
            let summary =
                if case .done = outcome { session.summary } else { TLSSession.Summary?.none }
            self.perform { $0.handshakeStepped(socket, generation, outcome, summary) }
        }
    }

    private func handshakeStepped(
        _ socket: Int32, _ generation: UInt32, _ outcome: TLSSession.Outcome,
        _ summary: TLSSession.Summary?
    ) {
        guard let connection = connection(socket, generation: generation) else { return }
        now = MonotonicClock.nanoseconds()
        connection.isInHandshakeStep = false
        if connection.isClosing { return close(connection) }
        switch outcome {
        case .wantsRead: setInterest(connection, .read)
        case .wantsWrite: setInterest(connection, .write)
        case .closed, .failed:
            shard.countFailedHandshake()
            close(connection)
        case .done:
            if let summary {
                connection.serverName = summary.serverName
                shard.countHandshake(version: summary.version, isResumed: summary.isResumed)
            }
            connection.begin(.opening, now: now)
            setInterest(connection, .read)
            // The first request may have come with the handshake's last bytes.
            readable(connection, isAtEnd: false)
        }
    }

    /// Whether the request names a host that the certificate its client was shown does not cover:
    /// one that reached this connection only by sharing it (RFC 9110 section 15.5.20). Clients that
    /// named no server, such as probes by address, are not asked.
    func isMisdirected(
        _ connection: Connection, _ request: borrowing HTTPRequest, _ bytes: Span<UInt8>
    ) -> Bool {
        guard !connection.serverName.isEmpty, case .tls(let session) = connection.transport,
            let host = request[.host]
        else { return false }
        var name: [UInt8] = []
        for index in host {
            if bytes[index] == 0x3A { break }
            name.append(0x41...0x5A ~= bytes[index] ? bytes[index] | 0x20 : bytes[index])
        }
        if name == connection.serverName { return false }
        return !session.certificateCovers(String(decoding: name, as: UTF8.self))
    }
}
