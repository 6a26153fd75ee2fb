// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import Synchronization
package import Telemetry

/// An HTTP/1.1 server: one listening socket, and loops that accept from it and serve.
///
/// `Message` is what the owner publishes to all loops while they run, such as a new set of models.
package final class HTTPServer<Message: Sendable>: Sendable {
    private let address: SocketAddress
    private let loops: [EventLoop<Message>]
    private let instruments: HTTPInstruments
    /// The listening socket; `nil` before the start and after the stop.
    private let socket = Mutex<Int32?>(nil)

    /// - Parameters:
    ///   - accessLog: takes the access log; without one there is none.
    ///   - makeApplication: called once for each loop, with its index.
    package init(
        configuration: HTTPServerConfiguration, instruments: HTTPInstruments,
        accessLog: LogSink? = nil, makeApplication: @Sendable (Int) -> HTTPApplication<Message>
    ) throws(HTTPServerError) {
        address = configuration.address
        let loopCount = max(1, configuration.loopCount)
        let compute = ComputeQueue(
            millisecondsMax: configuration.queueMillisecondsMax,
            workerCount: loopCount, instruments: instruments)
        instruments.watch(compute)
        let handshakes = DispatchQueue(
            label: "martlet.handshakes", qos: .userInitiated, attributes: .concurrent)
        var loops: [EventLoop<Message>] = []
        for index in 0..<loopCount {
            loops.append(
                try EventLoop(
                    index: configuration.firstLoopIndex + index, configuration: configuration,
                    instruments: instruments,
                    accessLog: accessLog, compute: compute, handshakes: handshakes,
                    makeApplication: makeApplication))
        }
        self.loops = loops
        self.instruments = instruments
    }

    /// Stops at once; what is under way is cut off. `drain` is the gentle way.
    deinit {
        stopListening { [loops] in
            for loop in loops { loop.perform { $0.closeAll() } }
        }
    }

    /// Begins to listen.
    ///
    /// - Parameter inherited: a listening socket to take, instead of opening one at the address.
    /// - Returns: the address with the port that was bound.
    package func start(inherited: Int32? = nil) throws(HTTPServerError) -> SocketAddress {
        let socket: Int32
        let address: SocketAddress
        if let inherited {
            (socket, address) = (inherited, try SocketAddress(listening: inherited))
        } else {
            (socket, address) = try self.address.listen(backlog: 4096)
        }
        // Accepted sockets inherit this.
        var one: Int32 = 1
        setsockopt(
            socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        self.socket.withLock { $0 = socket }
        for loop in loops {
            loop.perform { [instruments, loops] in
                $0.start()
                $0.listen(socket, instruments, loops: loops)
            }
        }
        return address
    }

    /// Takes what has connected already and closes the listening socket, then calls `completion`.
    private func stopListening(_ completion: @escaping @Sendable () -> Void) {
        let listening = socket.withLock { socket in
            defer { socket = nil }
            return socket
        }
        let group = DispatchGroup()
        for loop in loops {
            group.enter()
            loop.perform {
                $0.stopListening()
                group.leave()
            }
        }
        group.notify(queue: .global()) {
            if let listening { close(listening) }
            completion()
        }
    }

    /// Hands a value to each loop; a request sees either the old one or the new, whole.
    package func publish(_ message: Message) {
        for loop in loops { loop.perform { $0.receive(message) } }
    }

    /// Whether each loop has turned within the last `milliseconds`.
    package func turnsWithin(milliseconds: Int) -> Bool {
        let now = MonotonicClock.nanoseconds()
        return loops.allSatisfy { loop in
            let last = loop.lastTurnNanoseconds.load(ordering: .relaxed)
            return now - min(now, last) < UInt64(milliseconds) * 1_000_000
        }
    }

    /// Stops listening, answers what is under way with `Connection: close`, and closes the rest.
    ///
    /// - Parameter completion: called once, with whether all connections ended before the deadline.
    package func drain(
        deadlineSeconds: Int, completion: @escaping @Sendable (Bool) -> Void
    ) {
        let end = MonotonicClock.nanoseconds() + UInt64(max(0, deadlineSeconds)) * 1_000_000_000
        // The loops drain after the last connection has been handed to them.
        stopListening { [self] in
            for loop in loops { loop.perform { $0.beginDrain() } }
            waitForConnections(until: end, completion)
        }
    }

    private func waitForConnections(
        until end: UInt64, _ completion: @escaping @Sendable (Bool) -> Void
    ) {
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(10)) { [self] in
            let isEmpty = loops.allSatisfy { $0.connectionCount.load(ordering: .relaxed) == 0 }
            if isEmpty || MonotonicClock.nanoseconds() >= end {
                for loop in loops { loop.perform { $0.closeAll() } }
                completion(isEmpty)
            } else {
                waitForConnections(until: end, completion)
            }
        }
    }
}
