// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HTTP1
import Synchronization
import Telemetry

extension EventLoop {
    /// Reads once and answers every complete request, in order.
    func readable(_ connection: Connection) {
        let count = recv(connection.socket, scratch.bytes.baseAddress, scratch.bytes.count, 0)
        if count < 0 {
            if errno != EAGAIN, errno != EINTR { close(connection) }
            return
        }
        if count == 0 {
            // The client has closed its side; a request that it cut short is never executed.
            if connection.pendingOutputCount == 0 || connection.lingers {
                close(connection)
            } else {
                connection.isClosing = true
                setInterest(connection, .write)
            }
            return
        }
        if connection.isClosing { return }
        let received = UnsafeMutableBufferPointer(rebasing: scratch.bytes[..<count])
        if connection.input.isEmpty {
            let used = answer(connection, received)
            if used < count, !connection.isClosing { connection.input += received[used...] }
        } else {
            connection.input += received
            answerBuffered(connection)
        }
        finishBatch(connection)
    }

    /// Answers what stands in the connection's own buffer, giving the buffer back when it is used
    /// up.
    private func answerBuffered(_ connection: Connection) {
        var input: [UInt8] = []
        swap(&input, &connection.input)
        let used = input.withUnsafeMutableBufferPointer { answer(connection, $0) }
        if used == 0 {
            swap(&input, &connection.input)
        } else if used < input.count, !connection.isClosing {
            connection.input = Array(input[used...])
        }
    }

    /// - Returns: how many bytes the complete requests took.
    private func answer(
        _ connection: Connection, _ bytes: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var used = 0
        while used < bytes.count {
            let rest = UnsafeMutableBufferPointer(rebasing: bytes[used...])
            do throws(HTTPParseError) {
                var span = rest.mutableSpan
                guard try connection.parser.parse(&span) else { break }
            } catch {
                appendRefusal(error, to: connection)
                return bytes.count
            }
            used += connection.parser.request.byteCount
            respond(connection, UnsafeBufferPointer(rest))
            connection.parser.reset()
            if connection.isClosing { return bytes.count }
            if connection.deferred != nil { return used }
        }
        if connection.parser.takeContinue() {
            HTTPResponseSerializer.appendContinue(to: &output)
        }
        return used
    }

    private func respond(_ connection: Connection, _ bytes: UnsafeBufferPointer<UInt8>) {
        let request = connection.parser.request
        response.reset()
        instruments.inFlight.wrappingAdd(1, ordering: .relaxed)
        let pending = Connection.Deferred(
            method: request.method, isHTTP10: request.isHTTP10, keepsAlive: request.keepsAlive,
            startNanoseconds: now)
        switch application.respond(request, bytes.span, &response) {
        case .answered: append(response, to: connection, for: pending)
        case .deferred(let work):
            connection.deferred = pending
            let socket = connection.socket
            let generation = connection.generation
            compute.async { [weak self] in
                var response = HTTPResponse()
                work(&response)
                let finished = response
                self?.perform { $0.complete(socket, generation, finished) }
            }
        }
    }

    /// Sends the answer to a deferred request, then goes on with what has come meanwhile.
    private func complete(_ socket: Int32, _ generation: UInt32, _ response: HTTPResponse) {
        guard let connection = connection(socket, generation: generation),
            let pending = connection.deferred
        else {
            // The client has gone away.
            instruments.inFlight.wrappingSubtract(1, ordering: .relaxed)
            return
        }
        now = MonotonicClock.nanoseconds()
        connection.deferred = nil
        append(response, to: connection, for: pending)
        if !connection.isClosing, !connection.input.isEmpty { answerBuffered(connection) }
        finishBatch(connection)
    }

    private func append(
        _ response: borrowing HTTPResponse, to connection: Connection,
        for request: Connection.Deferred
    ) {
        let keeps = request.keepsAlive && !isDraining
        connection.isClosing = !keeps
        serializer.append(
            response, connection: !keeps ? .close : request.isHTTP10 ? .keepAlive : .keep,
            isHead: request.method == .head, to: &output)
        instruments.inFlight.wrappingSubtract(1, ordering: .relaxed)
        let elapsed = MonotonicClock.nanoseconds() - request.startNanoseconds
        shard.count(
            request.method, route: response.route, response.status,
            nanoseconds: Int(truncatingIfNeeded: elapsed))
    }

    /// Answers a message that cannot be a request, after the answers before it, and gives up the
    /// connection.
    func refuse(_ connection: Connection, _ error: HTTPParseError) {
        appendRefusal(error, to: connection)
        finishBatch(connection)
    }

    private func appendRefusal(_ error: HTTPParseError, to connection: Connection) {
        shard.count(error)
        response.reset()
        response.status = error.status
        response.contentType = .problemJSON
        response.body += "{\"type\":\"urn:martlet:problem:".utf8
        response.body += error.rawValue.replacing("_", with: "-").utf8
        response.body += "\",\"title\":\"\(error.status.reasonPhrase)\",\"status\":".utf8
        response.body += "\(error.status.code)}\n".utf8
        connection.isClosing = true
        connection.lingers = true
        serializer.append(response, connection: .close, isHead: false, to: &output)
    }

    /// Sends what the batch produced in one write and waits for what comes next.
    private func finishBatch(_ connection: Connection) {
        if connection.pendingOutputCount > 0 {
            connection.output += output
        } else if !output.isEmpty {
            let sent = send(connection.socket, output.span.withUnsafeBytes { $0 })
            guard sent >= 0 else { return abandon(connection) }
            if sent < output.count {
                connection.output = Array(output[sent...])
                connection.outputStart = 0
                connection.enter(.writing, now: now)
            }
        }
        output.removeAll(keepingCapacity: true)
        settle(connection)
    }

    private func abandon(_ connection: Connection) {
        output.removeAll(keepingCapacity: true)
        close(connection)
    }

    /// Sends more of what the client had not taken.
    func flush(_ connection: Connection) {
        guard connection.pendingOutputCount > 0 else { return settle(connection) }
        let sent = connection.output.withUnsafeBytes {
            send(connection.socket, UnsafeRawBufferPointer(rebasing: $0[connection.outputStart...]))
        }
        guard sent >= 0 else { return close(connection) }
        if sent > 0 { connection.phaseStartNanoseconds = now }
        connection.outputStart += sent
        if connection.pendingOutputCount == 0 {
            connection.output = []
            connection.outputStart = 0
        }
        settle(connection)
    }

    /// - Returns: how many bytes the kernel took, or -1 when the connection is broken.
    private func send(_ socket: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        let count = Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : -1
    }

    /// Puts the connection into the phase and interest that its state asks for.
    private func settle(_ connection: Connection) {
        let pending = connection.pendingOutputCount
        if pending == 0, connection.isClosing {
            guard connection.lingers else { return close(connection) }
            if connection.phase != .lingering {
                shutdown(connection.socket, Int32(SHUT_WR))
                connection.enter(.lingering, now: now)
            }
            return setInterest(connection, .read)
        }
        var interest: Epoll.Interest = pending > 0 ? .write : []
        if pending > 0 {
            connection.enter(.writing, now: now)
        } else if connection.deferred != nil {
            connection.enter(.answering, now: now)
        } else if connection.parser.isInBody {
            connection.enter(.body, now: now)
        } else if connection.input.isEmpty {
            connection.phase = .idle
            connection.phaseStartNanoseconds = now
        } else {
            connection.enter(.head, now: now)
        }
        let isReading =
            connection.deferred == nil && !connection.isClosing
            && pending <= configuration.pendingOutputBytesMax
        if isReading { interest.insert(.read) }
        setInterest(connection, interest)
    }

    private func setInterest(_ connection: Connection, _ interest: Epoll.Interest) {
        guard connection.interest != interest else { return }
        connection.interest = interest
        epoll.modify(connection.socket, interest, generation: connection.generation)
    }
}
