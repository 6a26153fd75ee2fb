// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HTTP1
import Telemetry

extension EventLoop {
    /// Reads once and answers every complete request, in order.
    ///
    /// - Parameter isAtEnd: whether the client has closed its side, so that an end lies behind what
    ///   is read now and no further event will tell.
    func readable(_ connection: Connection, isAtEnd: Bool) {
        let count: Int
        var hasMore = false
        switch connection.transport.receive(
            connection.socket, into: scratch.bytes, hasMore: &hasMore)
        {
        case .moved(let moved): count = moved
        case .wait:
            // A part of a TLS record came, and the end with it, of which nothing will tell again.
            guard isAtEnd else { return }
            connection.hasMoreToRead = true
            return setInterest(connection, connection.interest)
        case .end: return finishReading(connection)
        case .failure: return close(connection)
        }
        connection.phaseByteCount += count
        connection.holdsRecords = true
        connection.hasMoreToRead = isAtEnd || hasMore
        if connection.isClosing {
            // All is said; reading on, up to a bound, keeps the kernel from answering what the
            // client still sends with a reset that would take the last answer with it.
            connection.droppedCount += count
            guard connection.droppedCount <= configuration.lingerBytesMax else {
                return close(connection)
            }
            return finish(connection)
        }
        let received = UnsafeMutableBufferPointer(rebasing: scratch.bytes[..<count])
        if connection.input.isEmpty {
            let used = answer(connection, received)
            if used < count, !connection.isClosing { connection.input += received[used...] }
        } else {
            connection.input += received
            answerBuffered(connection)
        }
        finish(connection)
    }

    /// The client has closed its side; a request that it cut short is never executed.
    private func finishReading(_ connection: Connection) {
        if connection.isClosing { return close(connection) }
        connection.isClosing = true
        if connection.parser.hasBegun {
            appendRefusal(.unexpectedEnd, to: connection, byteCount: connection.input.count)
        }
        connection.lingers = false
        finish(connection)
    }

    /// Answers what stands in the connection's own buffer, giving the buffer back when it is used
    /// up.
    func answerBuffered(_ connection: Connection) {
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
        connection.isStalled = false
        while used < bytes.count {
            let rest = UnsafeMutableBufferPointer(rebasing: bytes[used...])
            do throws(HTTPParseError) {
                var span = rest.mutableSpan
                guard try connection.parser.parse(&span) else { break }
            } catch {
                appendRefusal(error, to: connection, byteCount: rest.count)
                return bytes.count
            }
            used += connection.parser.request.byteCount
            respond(connection, UnsafeBufferPointer(rest))
            connection.parser.reset()
            // The next request's time is its own.
            connection.begin(.idle, now: now)
            if connection.isClosing {
                // The client did not expect this to be the last answer, or sent more all the same.
                if used < bytes.count { connection.lingers = true }
                return bytes.count
            }
            if connection.deferred != nil { return used }
            if used < bytes.count, isOverOutputLimit(connection) {
                connection.isStalled = true
                return used
            }
        }
        if connection.parser.takeContinue() {
            HTTPResponseSerializer.appendContinue(to: &output)
        }
        return used
    }

    private func respond(_ connection: Connection, _ bytes: UnsafeBufferPointer<UInt8>) {
        let request = connection.parser.request
        if isMisdirected(connection, request, bytes.span) {
            return appendRefusal(
                .misdirectedRequest, to: connection, byteCount: request.byteCount)
        }
        // Taken out of the loop, so that it can be handed on without copying its arrays.
        var response = HTTPResponse()
        swap(&response, &self.response)
        defer { swap(&response, &self.response) }
        response.reset()
        shard.inFlight.add(1)
        var pending = Connection.Deferred(
            method: request.method, isHTTP10: request.isHTTP10, keepsAlive: request.keepsAlive,
            startNanoseconds: now, byteCount: request.byteCount,
            isLogged: accessLog?.takesNext() ?? false)
        let context = HTTPRequestContext(
            nanoseconds: now, client: connection.client, isInReserve: connection.isInReserve,
            isLogged: pending.isLogged, clientCertificate: connection.clientCertificate,
            retryAfterSeconds: retryAfterSeconds)
        guard
            case .deferred(let work) = respondTo(request, bytes.span, context, &response)
        else {
            // A limit on the rate of one client's requests answers so too.
            if response.status == .tooManyRequests, compute.isUnderPressure {
                hasRefusedWork = true
            }
            return append(response, to: connection, for: pending)
        }
        let ticket = ComputeQueue.Ticket()
        let socket = connection.socket
        let generation = connection.generation
        let refusal = compute.submit(work, ticket, response) { [weak self] response in
            self?.perform { $0.complete(socket, generation, response) }
        }
        if let refusal {
            hasRefusedWork = true
            return append(refusal, to: connection, for: pending)
        }
        pending.ticket = ticket
        connection.deferred = pending
    }

    /// Sends the answer to a deferred request, then goes on with what has come meanwhile.
    ///
    /// - Parameter response: `nil` if it was not made, as the client seemed to have gone.
    private func complete(_ socket: Int32, _ generation: UInt32, _ response: HTTPResponse?) {
        guard let connection = connection(socket, generation: generation),
            let pending = connection.deferred
        else {
            // The client has gone away.
            shard.inFlight.add(-1)
            return
        }
        guard let response else {
            shard.inFlight.add(-1)
            return close(connection)
        }
        now = MonotonicClock.nanoseconds()
        connection.deferred = nil
        append(response, to: connection, for: pending)
        if !connection.isClosing, !connection.input.isEmpty { answerBuffered(connection) }
        finish(connection)
    }

    private func append(
        _ response: borrowing HTTPResponse, to connection: Connection,
        for request: Connection.Deferred
    ) {
        let keeps = request.keepsAlive && !isDraining && !response.closesConnection
        connection.isClosing = !keeps
        if !keeps, request.keepsAlive { connection.lingers = true }
        let outputStart = output.count
        serializer.append(
            response, connection: !keeps ? .close : request.isHTTP10 ? .keepAlive : .keep,
            isHead: request.method == .head, to: &output)
        shard.inFlight.add(-1)
        let end = MonotonicClock.nanoseconds()
        let elapsed = end - request.startNanoseconds
        shard.count(
            request.method, route: response.route, response.status,
            nanoseconds: Int(truncatingIfNeeded: elapsed))
        guard request.isLogged || response.status.isServerError else { return }
        accessLog?.append(
            AccessLog.Entry(
                method: request.method, route: response.route, status: response.status,
                durationNanoseconds: elapsed, byteCountIn: request.byteCount,
                byteCountOut: output.count - outputStart, client: connection.client),
            response.log, nanoseconds: end)
    }

    /// Answers a message that cannot be a request, after the answers before it, and gives up the
    /// connection.
    func refuse(_ connection: Connection, _ error: HTTPParseError) {
        appendRefusal(error, to: connection, byteCount: connection.input.count)
        finish(connection)
    }

    private func logRefusal(
        _ error: HTTPParseError, to connection: Connection, byteCountIn: Int, byteCountOut: Int
    ) {
        let isLogged = accessLog?.takesNext() ?? false
        guard isLogged || error.status.isServerError else { return }
        response.log.append("reason", error.slug)
        accessLog?.append(
            AccessLog.Entry(
                status: error.status, byteCountIn: byteCountIn, byteCountOut: byteCountOut,
                client: connection.client),
            response.log, nanoseconds: MonotonicClock.nanoseconds())
    }

    /// - Parameter byteCount: of the message, as far as it has come.
    private func appendRefusal(
        _ error: HTTPParseError, to connection: Connection, byteCount: Int
    ) {
        shard.count(error)
        response.reset()
        response.status = error.status
        response.contentType = .problemJSON
        response.body += "{\"type\":\"urn:martlet:problem:".utf8
        response.body += error.slug.utf8
        response.body += "\",\"title\":\"\(error.status.reasonPhrase)\",\"status\":".utf8
        response.body += "\(error.status.code)}\n".utf8
        connection.isClosing = true
        connection.lingers = true
        // Also an answer that refuses a HEAD has no body (RFC 9110 section 9.3.2).
        let isHead = connection.parser.request.method == .head
        let outputStart = output.count
        serializer.append(response, connection: .close, isHead: isHead, to: &output)
        logRefusal(
            error, to: connection, byteCountIn: byteCount,
            byteCountOut: output.count - outputStart)
    }
}
