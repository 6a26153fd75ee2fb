// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HTTP1
import Synchronization
import Telemetry

/// A loop's share in the listening socket, which all loops wait for: accepts in batches and gives
/// each connection to the loop with the fewest.
///
/// Confined to its loop: a connection that the loop keeps costs no trip through Dispatch.
final class Listener<Message: Sendable> {
    /// Connections accepted before the loop's others get their turn.
    private static var batchCountMax: Int { 32 }
    /// How many more than the fewest a loop may have and still keep what it accepts: handing one
    /// over wakes another thread.
    private static var surplusMax: Int { 2 }

    private let connectionCountMax: Int
    private let reserveCount: Int
    private let instruments: HTTPInstruments
    private let loops: [EventLoop<Message>]
    private let socket: Int32
    private let epoll: Epoll
    /// Until it is resumed for the first time, too.
    private var isPaused = true
    /// Given up to accept, and close, a connection when the process has no other descriptor left.
    private var reserve: Int32
    private let refusal: [UInt8]

    /// - Parameters:
    ///   - socket: listening, non-blocking; it must outlive this.
    ///   - epoll: the set of the loop that this belongs to.
    init(
        _ socket: Int32, epoll: Epoll, configuration: HTTPServerConfiguration,
        instruments: HTTPInstruments, loops: [EventLoop<Message>]
    ) {
        self.socket = socket
        self.epoll = epoll
        connectionCountMax = configuration.connectionCountMax
        reserveCount = configuration.connectionReserveCount
        self.instruments = instruments
        self.loops = loops
        var response = HTTPResponse()
        response.status = .serviceUnavailable
        response.contentType = .problemJSON
        response.appendField("Retry-After", 1)
        response.body += "{\"type\":\"urn:martlet:problem:too-many-connections\",".utf8
        response.body += "\"title\":\"Service Unavailable\",\"status\":503}\n".utf8
        var refusal: [UInt8] = []
        // A client of TLS would take it for a broken record.
        if configuration.tls == nil {
            // Without a Date, which a refusal made once cannot know; a 5xx needs none
            // (RFC 9110 section 6.6.1).
            HTTPResponseSerializer().append(
                response, connection: .close, isHead: false, to: &refusal)
        }
        self.refusal = refusal
        reserve = Self.openReserve()
    }

    deinit {
        if reserve >= 0 { close(reserve) }
    }

    /// Takes what has connected already; the socket is waited for no longer.
    func stop(on loop: isolated EventLoop<Message>) {
        while accept(on: loop) {}
        if !isPaused { epoll.remove(socket) }
        isPaused = true
    }

    /// Accepts a batch.
    ///
    /// - Returns: whether there may be more.
    @discardableResult
    func accept(on loop: isolated EventLoop<Message>) -> Bool {
        for _ in 0..<Self.batchCountMax {
            if let accepted = AcceptedSocket(from: socket) {
                adopt(accepted, on: loop)
                continue
            }
            switch errno {
            case EINTR, ECONNABORTED, EPROTO: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                shed()
                pause(loop)
            default: break
            }
            return false
        }
        return true
    }

    private func adopt(_ accepted: AcceptedSocket, on loop: isolated EventLoop<Message>) {
        var fewest = loops[0]
        var fewestCount = Int.max
        var total = 0
        for each in loops {
            let count = each.connectionCount.load(ordering: .relaxed)
            total += count
            if count < fewestCount { (fewest, fewestCount) = (each, count) }
        }
        guard total < connectionCountMax + reserveCount else {
            instruments.rejectedByLimit.add()
            refuse(accepted)
            return
        }
        var accepted = accepted
        accepted.isInReserve = total >= connectionCountMax
        instruments.accepted.add()
        if loop.connectionCount.load(ordering: .relaxed) <= fewestCount + Self.surplusMax {
            loop.connectionCount.wrappingAdd(1, ordering: .relaxed)
            return loop.adopt(accepted)
        }
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
        if reserve >= 0 { close(reserve) }
        if let accepted = AcceptedSocket(from: socket) {
            instruments.rejectedByDescriptors.add()
            refuse(accepted)
        }
        reserve = Self.openReserve()
    }

    /// Out of descriptors or memory: new clients wait in the backlog for a moment, instead of this
    /// spinning on an error that only other connections' ends can cure.
    private func pause(_ loop: isolated EventLoop<Message>) {
        guard !isPaused else { return }
        isPaused = true
        epoll.remove(socket)
        loop.performLater(milliseconds: 100) { $0.resumeListening() }
    }

    /// Listens again; later, where that fails for want of memory.
    func resume(on loop: isolated EventLoop<Message>) {
        guard isPaused else { return }
        // Another loop may have taken the descriptor between its being given up and its return.
        if reserve < 0 { reserve = Self.openReserve() }
        guard epoll.addListener(socket) else {
            loop.performLater(milliseconds: 100) { $0.resumeListening() }
            return
        }
        isPaused = false
    }

    private static func openReserve() -> Int32 {
        open("/dev/null", O_RDONLY | O_CLOEXEC)
    }
}
