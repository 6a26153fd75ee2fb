// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HTTP1
import Synchronization
import Telemetry

/// The listening socket: accepts in batches and gives each connection away.
///
/// Lives on its own serial queue, so that a loop that works never delays an accept.
actor Listener<Message: Sendable> {
    nonisolated let executor = QueueExecutor(label: "martlet.listener")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let connectionCountMax: Int
    private let reserveCount: Int
    private let instruments: HTTPInstruments
    private let loops: [EventLoop<Message>]
    private var socket: Int32 = -1
    private var source: (any DispatchSourceRead)?
    private var isPaused = false
    /// Given up to accept, and close, a connection when the process has no other descriptor left.
    private var reserve: Int32 = -1
    private let refusal: [UInt8]

    init(
        configuration: HTTPServerConfiguration, instruments: HTTPInstruments,
        loops: [EventLoop<Message>]
    ) {
        connectionCountMax = configuration.connectionCountMax
        reserveCount = configuration.connectionReserveCount
        self.instruments = instruments
        self.loops = loops
        var response = HTTPResponse()
        response.status = .serviceUnavailable
        response.contentType = .problemJSON
        response.appendField("Retry-After", "1")
        response.body += "{\"type\":\"urn:martlet:problem:too-many-connections\",".utf8
        response.body += "\"title\":\"Service Unavailable\",\"status\":503}\n".utf8
        var refusal: [UInt8] = []
        // Without a Date, which a refusal made once cannot know; a 5xx needs none
        // (RFC 9110 section 6.6.1).
        HTTPResponseSerializer().append(
            response, connection: .close, isHead: false, to: &refusal)
        self.refusal = refusal
    }

    /// Runs `work` on the listener's queue, some time soon.
    nonisolated func perform(_ work: @escaping @Sendable (isolated Listener) -> Void) {
        executor.queue.async { self.assumeIsolated { work($0) } }
    }

    func start(_ socket: Int32) {
        // Accepted sockets inherit this.
        var one: Int32 = 1
        setsockopt(
            socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        self.socket = socket
        reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
        let source = DispatchSource.makeReadSource(fileDescriptor: socket, queue: executor.queue)
        source.setEventHandler { [weak self] in self?.assumeIsolated { $0.accept() } }
        source.setCancelHandler { close(socket) }
        source.activate()
        self.source = source
    }

    /// Takes what has connected already, then stops listening; `completion` runs after that.
    func stop(_ completion: @Sendable () -> Void) {
        if let source {
            accept()
            source.cancel()
            // A suspended source neither runs its cancel handler nor may be released.
            if isPaused { source.resume() }
            isPaused = false
            self.source = nil
            if reserve >= 0 { close(reserve) }
        }
        completion()
    }

    private func accept() {
        for _ in 0..<1024 {
            if let accepted = AcceptedSocket(from: socket) {
                adopt(accepted)
                continue
            }
            switch errno {
            case EINTR, ECONNABORTED, EPROTO: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                shed()
                pause()
            default: break
            }
            return
        }
    }

    /// Hands a connection to the loop with the fewest.
    private func adopt(_ accepted: AcceptedSocket) {
        var fewest = loops[0]
        var fewestCount = Int.max
        var total = 0
        for loop in loops {
            let count = loop.connectionCount.load(ordering: .relaxed)
            total += count
            if count < fewestCount { (fewest, fewestCount) = (loop, count) }
        }
        guard total < connectionCountMax + reserveCount else {
            instruments.rejectedByLimit.add()
            refuse(accepted)
            return
        }
        var accepted = accepted
        accepted.isInReserve = total >= connectionCountMax
        instruments.accepted.add()
        fewest.connectionCount.wrappingAdd(1, ordering: .relaxed)
        let handed = accepted
        fewest.perform { $0.adopt(handed) }
    }

    /// Says 503 in passing, as far as the socket's buffer takes it: no memory is kept for a client
    /// above the limit.
    private func refuse(_ accepted: AcceptedSocket) {
        let accepted = accepted.descriptor
        _ = send(accepted, refusal, refusal.count, Int32(MSG_NOSIGNAL))
        shutdown(accepted, Int32(SHUT_WR))
        // What has come unread would turn the close into a reset that takes the answer with it.
        var dropped = InlineArray<4096, UInt8>(repeating: 0)
        var bytes = dropped.mutableSpan
        bytes.withUnsafeMutableBytes { _ = recv(accepted, $0.baseAddress, $0.count, 0) }
        close(accepted)
    }

    /// Closes one waiting connection by means of the reserve descriptor: its client learns at once
    /// that there is no room, instead of waiting for nothing.
    private func shed() {
        guard reserve >= 0 else { return }
        close(reserve)
        if let accepted = AcceptedSocket(from: socket) {
            instruments.rejectedByDescriptors.add()
            refuse(accepted)
        }
        reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
    }

    /// Out of descriptors or memory: new clients wait in the backlog for a moment, instead of this
    /// spinning on an error that only other connections' ends can cure.
    private func pause() {
        guard !isPaused, let source else { return }
        isPaused = true
        source.suspend()
        // Holds on to `self`, as a source must not be released while it is suspended.
        executor.queue.asyncAfter(deadline: .now() + .milliseconds(100)) {
            self.assumeIsolated { $0.resume() }
        }
    }

    private func resume() {
        guard isPaused else { return }
        isPaused = false
        source?.resume()
    }
}
