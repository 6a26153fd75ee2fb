// SPDX-License-Identifier: Apache-2.0
import CEpoll
import Dispatch
import Glibc
import Synchronization
import Telemetry

/// An HTTP/1.1 server: one listener that hands connections to loops.
///
/// `Message` is what the owner publishes to all loops while they run, such as a new set of models.
package final class HTTPServer<Message: Sendable>: Sendable {
    private let configuration: HTTPServerConfiguration
    private let instruments: HTTPInstruments
    private let loops: [EventLoop<Message>]
    private let queue = DispatchQueue(label: "martlet.listener", qos: .userInteractive)
    private let listener = Mutex<(any DispatchSourceRead)?>(nil)

    /// - Parameter makeApplication: called once for each loop, with its index.
    package init(
        configuration: HTTPServerConfiguration, instruments: HTTPInstruments,
        makeApplication: @Sendable (Int) -> HTTPApplication<Message>
    ) throws(HTTPServerError) {
        self.configuration = configuration
        self.instruments = instruments
        let compute = DispatchQueue(
            label: "martlet.compute", qos: .userInitiated, attributes: .concurrent)
        var loops: [EventLoop<Message>] = []
        for index in 0..<max(1, configuration.loopCount) {
            loops.append(
                try EventLoop(
                    index: index, configuration: configuration, instruments: instruments,
                    compute: compute, makeApplication: makeApplication))
        }
        self.loops = loops
    }

    deinit {
        listener.withLock { $0?.cancel() }
        for loop in loops { loop.perform { $0.closeAll() } }
    }

    /// Begins to listen.
    ///
    /// - Returns: the address with the port that was bound.
    package func start() throws(HTTPServerError) -> SocketAddress {
        let (socket, address) = try configuration.address.listen(backlog: 4096)
        for loop in loops { loop.perform { $0.start() } }
        listener.withLock { slot in
            let source = DispatchSource.makeReadSource(fileDescriptor: socket, queue: queue)
            source.setEventHandler { [weak self] in self?.accept(from: socket) }
            source.setCancelHandler { close(socket) }
            source.activate()
            slot = source
        }
        return address
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
        listener.withLock { source in
            source?.cancel()
            source = nil
        }
        for loop in loops { loop.perform { $0.beginDrain() } }
        let end = MonotonicClock.nanoseconds() + UInt64(max(0, deadlineSeconds)) * 1_000_000_000
        waitForConnections(until: end, completion)
    }

    private func waitForConnections(
        until end: UInt64, _ completion: @escaping @Sendable (Bool) -> Void
    ) {
        queue.asyncAfter(deadline: .now() + .milliseconds(10)) { [self] in
            let isEmpty = loops.allSatisfy { $0.connectionCount.load(ordering: .relaxed) == 0 }
            if isEmpty || MonotonicClock.nanoseconds() >= end {
                for loop in loops { loop.perform { $0.closeAll() } }
                completion(isEmpty)
            } else {
                waitForConnections(until: end, completion)
            }
        }
    }

    /// Accepts what waits, in a batch, each for the loop with the fewest connections.
    private func accept(from listener: Int32) {
        for _ in 0..<256 {
            let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            let socket = martlet_accept4(listener, nil, nil, flags)
            if socket < 0 {
                switch errno {
                case EINTR, ECONNABORTED, EPROTO: continue
                case EMFILE, ENFILE, ENOBUFS, ENOMEM: pauseListening()
                default: break
                }
                return
            }
            adopt(socket)
        }
    }

    private func adopt(_ socket: Int32) {
        var fewest = loops[0]
        var fewestCount = Int.max
        var total = 0
        for loop in loops {
            let count = loop.connectionCount.load(ordering: .relaxed)
            total += count
            if count < fewestCount { (fewest, fewestCount) = (loop, count) }
        }
        guard total < configuration.connectionCountMax else {
            instruments.rejected[0].add()
            close(socket)
            return
        }
        var one: Int32 = 1
        setsockopt(
            socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        instruments.accepted[0].add()
        fewest.connectionCount.wrappingAdd(1, ordering: .relaxed)
        fewest.perform { $0.adopt(socket) }
    }

    /// Out of descriptors or memory: new clients wait in the backlog for a moment, instead of this
    /// spinning on an error that only other connections' ends can cure.
    private func pauseListening() {
        listener.withLock { $0?.suspend() }
        queue.asyncAfter(deadline: .now() + .milliseconds(100)) { [weak self] in
            self?.listener.withLock { $0?.resume() }
        }
    }
}
