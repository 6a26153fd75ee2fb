// SPDX-License-Identifier: Apache-2.0
import Telemetry
import Glibc
import HTTP1
import OpenSSL
import Synchronization

/// What time does to connections: deadlines, and the end of the server.
extension EventLoop {
    /// Once a second: the date, the heartbeat, the deadlines.
    func tick() {
        now = MonotonicClock.nanoseconds()
        lastTurnNanoseconds.store(now, ordering: .relaxed)
        accessLog?.setClock()
        let seconds = Int(time(nil))
        if seconds != dateSeconds {
            dateSeconds = seconds
            serializer.setDate(unixSeconds: seconds)
        }
        if isDraining { closeIdle() }
        // One that is given up already waits only for its handshake's step to come back.
        for case let connection? in connections where !connection.isAbandoned {
            if connection.holdsRecords, elapsed(connection) > 1_000_000_000 {
                releaseRecords(connection)
            }
            let verdict = deadlines(of: connection).verdict(
                connection.phase, sinceNanoseconds: elapsed(connection),
                byteCount: connection.phaseByteCount)
            guard verdict != .wait else { continue }
            shard.countTimeout(connection.phase)
            if connection.phase == .handshake { tell(.late, connection) }
            switch verdict {
            case .wait: break
            case .close: close(connection)
            case .refuse: refuse(connection, .timeout)
            }
        }
        handOver()
    }

    /// Tells each client by `Connection: close` on its next answer to go elsewhere, and closes what
    /// is idle. A client that asked a moment ago may be asking again: its request would meet a
    /// closed connection and fail, so that one is left until it has been idle for a second.
    func beginDrain() {
        isDraining = true
        now = MonotonicClock.nanoseconds()
        for case let connection? in connections where connection.isIdle {
            readable(connection, isAtEnd: false)
        }
        closeIdle()
    }

    private func closeIdle() {
        for case let connection? in connections
        where isDone(connection) && elapsed(connection) >= 1_000_000_000 {
            close(connection)
        }
    }

    /// Whether it has nothing under way, or has its last answer to take.
    private func isDone(_ connection: Connection) -> Bool {
        connection.isIdle || connection.phase == .lingering
    }

    func deadlines(of connection: Connection) -> Deadlines {
        connection.isInReserve ? reserveDeadlines : configuration.deadlines
    }

    /// In its phase, in nanoseconds.
    private func elapsed(_ connection: Connection) -> UInt64 {
        now - min(now, connection.phaseStartNanoseconds)
    }

    /// Gives back what TLS keeps for the next record. A busy connection keeps it: libssl would
    /// otherwise allocate and free it for each request.
    private func releaseRecords(_ connection: Connection) {
        guard connection.isIdle, case .tls(let session) = connection.transport else { return }
        connection.holdsRecords = false
        session.releaseBuffers()
    }
}
