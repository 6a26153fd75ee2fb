// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HTTP1
import OpenSSL
import Synchronization
import Telemetry

/// One thread's worth of connections: a serial queue, woken by one Dispatch source over an epoll
/// descriptor that holds all its sockets.
///
/// An epoll descriptor is readable when one of its sockets is. The source's handler enters the
/// actor and drains `epoll_wait` in batches, for a bounded time: while it runs, blocks queued on
/// the loop wait. There is no `await` and no task on a request's way.
actor EventLoop<Message: Sendable> {
    /// How long one turn may take before other blocks of the queue get theirs.
    private static var turnNanosecondsMax: UInt64 { 2_000_000 }
    /// Well below the 5 ms within which a refusal is to come.
    private static var gatheringMicroseconds: UInt32 { 1_000 }

    nonisolated let executor: QueueExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    nonisolated let connectionCount = Atomic<Int>(0)
    /// When the loop last turned, in monotonic nanoseconds.
    nonisolated let lastTurnNanoseconds = Atomic<UInt64>(0)

    let epoll: Epoll
    let configuration: HTTPServerConfiguration
    let reserveDeadlines: Deadlines
    /// The application's parts, apart: a generic struct would be copied at each request.
    let respondTo: HTTPRespond
    private let receiveMessage: (Message) -> Void
    private let endApplicationTurn: () -> Void
    let compute: ComputeQueue
    let handshakes: DispatchQueue
    /// What the application asks of the compute queue.
    let retryAfterSeconds: @Sendable (Double) -> Int?
    let scratch = ByteStore(capacity: 65_536)
    var shard: HTTPInstruments.Shard
    var accessLog: AccessLog?
    var serializer: HTTPResponseSerializer
    var response = HTTPResponse()
    var output: [UInt8] = []
    var isDraining = false
    /// Since the last wait for readiness.
    var hasRefusedWork = false
    /// The time of the batch being handled.
    var now: UInt64 = 0
    var connections: [Connection?] = []
    private var generation = Epoll.listenerGeneration
    private var listener: Listener<Message>?
    private var source: (any DispatchSourceRead)?
    private var timer: (any DispatchSourceTimer)?
    var dateSeconds = 0

    init(
        index: Int, configuration: HTTPServerConfiguration, instruments: HTTPInstruments,
        accessLog: LogSink?, compute: ComputeQueue, handshakes: DispatchQueue,
        makeApplication: @Sendable (Int) -> HTTPApplication<Message>
    ) throws(HTTPServerError) {
        executor = QueueExecutor(label: "martlet.loop.\(index)")
        epoll = try Epoll()
        self.configuration = configuration
        reserveDeadlines = configuration.deadlines.ofReserve
        self.compute = compute
        retryAfterSeconds = { compute.retryAfterSeconds(predictedNanoseconds: $0) }
        self.handshakes = handshakes
        let application = makeApplication(index)
        respondTo = application.respond
        receiveMessage = application.receive
        endApplicationTurn = application.endTurn
        shard = HTTPInstruments.Shard(instruments, index: index)
        self.accessLog = accessLog.map {
            AccessLog(
                sink: $0, routes: instruments.routes, share: configuration.accessLogShare,
                loop: index)
        }
        serializer = HTTPResponseSerializer(unixSeconds: Int(time(nil)))
        output.reserveCapacity(65_536)
        // A loop that is about to start is not one that is stuck.
        lastTurnNanoseconds.store(MonotonicClock.nanoseconds(), ordering: .relaxed)
    }

    /// Runs `work` on the loop, some time soon.
    nonisolated func perform(_ work: @escaping @Sendable (isolated EventLoop) -> Void) {
        executor.queue.async {
            self.assumeIsolated {
                work($0)
                $0.handOver()
            }
        }
    }

    /// Runs `work` on the loop, not before `milliseconds` have passed.
    nonisolated func performLater(
        milliseconds: Int, _ work: @escaping @Sendable (isolated EventLoop) -> Void
    ) {
        executor.queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
            self.assumeIsolated { work($0) }
        }
    }

    func start() {
        let source = DispatchSource.makeReadSource(
            fileDescriptor: epoll.descriptor, queue: executor.queue)
        source.setEventHandler { self.turn() }
        // A descriptor must outlive its source, so the loop lives until that has been cancelled.
        // The handlers are formed here, isolated, and checked when they run: `assumeIsolated` in a
        // generic actor allocates two contexts for each call, so for each turn.
        source.setCancelHandler { withExtendedLifetime(self) {} }
        source.activate()
        self.source = source
        let timer = DispatchSource.makeTimerSource(queue: executor.queue)
        timer.schedule(deadline: .now(), repeating: .seconds(1), leeway: .milliseconds(50))
        timer.setEventHandler { self.tick() }
        timer.activate()
        self.timer = timer
    }

    func receive(_ message: Message) {
        receiveMessage(message)
    }

    /// Drains readiness in batches. It lingers for up to a millisecond after each, as the next one
    /// is usually on its way and a trip through Dispatch costs more.
    private func turn() {
        now = MonotonicClock.nanoseconds()
        let end = now + Self.turnNanosecondsMax
        while true {
            if hasRefusedWork { gather() }
            let count = epoll.wait(milliseconds: 1)
            now = MonotonicClock.nanoseconds()
            for index in 0..<count { handle(epoll[index]) }
            if count == 0 || now >= end { break }
        }
        handOver()
        lastTurnNanoseconds.store(now, ordering: .relaxed)
    }

    /// Lets go of what requests have left to be told: lines of the log, and what the application
    /// has collected.
    func handOver() {
        accessLog?.flush()
        endApplicationTurn()
    }

    /// Lets what comes next come together while the workers have no room: waking for each request
    /// in order to refuse it takes from them what the answers need.
    private func gather() {
        hasRefusedWork = false
        usleep(Self.gatheringMicroseconds)
    }

    private func handle(_ event: Epoll.Event) {
        if event.generation == Epoll.listenerGeneration {
            listener?.accept(on: self)
            return
        }
        guard let connection = connection(event.descriptor, generation: event.generation) else {
            return
        }
        if connection.phase == .handshake, case .tls(let session) = connection.transport {
            return continueHandshake(connection, session)
        }
        if event.isWritable {
            flush(connection)
            // Closed by that, its descriptor may be another loop's connection by now.
            guard connection === self.connection(event.descriptor, generation: event.generation)
            else { return }
        }
        if event.isAtEnd, !event.isHungUp { connection.deferred?.ticket?.clientHasEnded() }
        if event.isReadable {
            readable(connection, isAtEnd: event.isAtEnd)
        } else if event.isHungUp {
            close(connection)
        }
    }

    func connection(_ socket: Int32, generation: UInt32) -> Connection? {
        let index = Int(socket)
        guard connections.indices.contains(index), let connection = connections[index],
            connection.generation == generation
        else { return nil }
        return connection
    }

    /// Takes part in accepting from a listening socket, for all `loops`.
    func listen(
        _ socket: Int32, _ instruments: HTTPInstruments, loops: [EventLoop<Message>]
    ) {
        listener = Listener(
            socket, epoll: epoll, configuration: configuration, instruments: instruments,
            loops: loops)
        resumeListening()
    }

    /// Takes what has connected already, then lets go of the listening socket.
    func stopListening() {
        listener?.stop(on: self)
        listener = nil
    }

    func resumeListening() {
        listener?.resume(on: self)
    }

    func adopt(_ accepted: AcceptedSocket) {
        let socket = accepted.descriptor
        now = MonotonicClock.nanoseconds()
        generation = max(Epoll.listenerGeneration + 1, generation &+ 1)
        while connections.count <= Int(socket) { connections.append(nil) }
        // Without a source nothing would ever serve it: the loop has been closed meanwhile.
        guard source != nil, let transport = transport(for: socket),
            epoll.add(socket, .read, generation: generation)
        else {
            Glibc.close(socket)
            connectionCount.wrappingSubtract(1, ordering: .relaxed)
            return
        }
        connections[Int(socket)] = Connection(
            accepted, transport, generation: generation, limits: configuration.limits, now: now)
        shard.open.add(1)
    }

    private func transport(for socket: Int32) -> Transport? {
        guard let identity = configuration.tls else { return .plain }
        return identity.current.makeSession(descriptor: socket).map { .tls($0) }
    }

    func close(_ connection: Connection) {
        guard connections[Int(connection.socket)] === connection else { return }
        if connection.isInHandshakeStep {
            // Closed when the step is back: its descriptor must not become another's meanwhile.
            connection.isClosing = true
            return
        }
        if case .tls(let session) = connection.transport { session.close() }
        connections[Int(connection.socket)] = nil
        connection.deferred?.ticket?.cancel()
        Glibc.close(connection.socket)
        // Who waits for the last connection of a drain may end the process then.
        if isDraining { handOver() }
        connectionCount.wrappingSubtract(1, ordering: .relaxed)
        shard.open.add(-1)
    }

    /// Cuts off what there is; the loop is of no use after that.
    func closeAll() {
        for case let connection? in connections { close(connection) }
        source?.cancel()
        timer?.cancel()
        source = nil
        timer = nil
    }
}
