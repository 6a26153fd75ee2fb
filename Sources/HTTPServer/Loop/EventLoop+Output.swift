// SPDX-License-Identifier: Apache-2.0
import Telemetry
import Glibc
import HTTP1

extension EventLoop {
    /// Sends what the batch produced in one write and waits for what comes next.
    func finish(_ connection: Connection) {
        if connection.pendingOutputCount > 0 {
            connection.dropSent()
            connection.output += output
        } else if !output.isEmpty {
            guard let sent = connection.send(output, from: 0) else { return abandon(connection) }
            if sent < output.count {
                connection.output = Array(output[sent...])
                connection.outputStart = 0
                connection.enter(.writing, now: now)
            }
        }
        emptyOutput()
        settle(connection)
    }

    /// A loop keeps the room that its batches usually need, not what one large answer took.
    private func emptyOutput() {
        output.removeAll(keepingCapacity: output.capacity <= configuration.pendingOutputBytesMax)
    }

    /// Whether a connection must take some of its answers before it gets more.
    func isOverOutputLimit(_ connection: Connection) -> Bool {
        output.count + connection.pendingOutputCount > configuration.pendingOutputBytesMax
    }

    private func abandon(_ connection: Connection) {
        emptyOutput()
        close(connection)
    }

    /// Sends more of what the client had not taken.
    func flush(_ connection: Connection) {
        guard connection.pendingOutputCount > 0 else { return goOn(connection) }
        guard let sent = connection.send(connection.output, from: connection.outputStart) else {
            return close(connection)
        }
        if sent > 0 { connection.phaseStartNanoseconds = now }
        connection.outputStart += sent
        guard connection.pendingOutputCount == 0 else { return settle(connection) }
        connection.output = []
        connection.outputStart = 0
        goOn(connection)
    }

    /// Answers the requests that had to wait for the client to take earlier answers.
    private func goOn(_ connection: Connection) {
        if connection.isStalled { answerBuffered(connection) }
        finish(connection)
    }

    /// Puts the connection into the phase and interest that its state asks for.
    private func settle(_ connection: Connection) {
        let pending = connection.pendingOutputCount
        if pending == 0, connection.isClosing {
            guard connection.lingers else { return close(connection) }
            if connection.phase != .lingering {
                connection.transport.finishSending(connection.socket)
                connection.enter(.lingering, now: now)
            }
            return setInterest(connection, .read)
        }
        // A stalled connection goes on in a later round, so that the others get their turn.
        let isWriting = pending > 0 || connection.isStalled
        var interest: Epoll.Interest = isWriting ? .write : []
        if isWriting {
            connection.enter(.writing, now: now)
        } else if connection.deferred != nil {
            connection.enter(.answering, now: now)
        } else if !connection.input.isEmpty, connection.parser.hasBegun {
            enterMessage(connection)
        } else if connection.phase != .opening {
            connection.begin(.idle, now: now)
        }
        let isReading =
            connection.deferred == nil && !connection.isClosing && !connection.isStalled
            && pending <= configuration.pendingOutputBytesMax
        if isReading {
            interest.insert(.read)
        } else if connection.deferred != nil {
            interest.insert(.end)
        }
        setInterest(connection, interest)
    }

    private func enterMessage(_ connection: Connection) {
        guard connection.parser.isInBody else { return connection.enter(.head, now: now) }
        guard connection.phase != .body else { return }
        connection.begin(.body, now: now)
        // What came with the head counts for the body's rate.
        let bodyStart = connection.parser.request.body.lowerBound
        connection.phaseByteCount = max(0, connection.input.count - bodyStart)
    }

    /// Asks the kernel only where there is something new to ask: another interest, or readiness
    /// that it has told of already and that no edge will tell of again.
    func setInterest(_ connection: Connection, _ interest: Epoll.Interest) {
        let hasMore = connection.hasMoreToRead && interest.contains(.read)
        let goesOn = connection.isStalled && connection.pendingOutputCount == 0
        guard connection.interest != interest || hasMore || goesOn else { return }
        // What there is to read outlives a time without interest in it.
        if hasMore { connection.hasMoreToRead = false }
        connection.interest = interest
        if hasMore, case .tls = connection.transport {
            // What TLS has read ahead is in no socket that could tell of it.
            let socket = connection.socket
            let generation = connection.generation
            perform { loop in
                guard let connection = loop.connection(socket, generation: generation) else {
                    return
                }
                guard connection.interest.contains(.read) else {
                    connection.hasMoreToRead = true
                    return
                }
                loop.now = MonotonicClock.nanoseconds()
                loop.readable(connection, isAtEnd: false)
            }
        }
        epoll.modify(connection.socket, interest, generation: connection.generation)
    }
}
