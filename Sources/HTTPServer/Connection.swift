// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// One client's connection: confined to the loop that holds it.
///
/// Between requests it owns no buffers: bytes are read into and written from the loop's own, and
/// only what is left over is kept here.
final class Connection {
    let socket: Int32
    let generation: UInt32
    let transport = Transport.plain
    let client: ClientAddress
    /// Whether it was accepted above the limit, for a probe or a scrape.
    let isInReserve: Bool
    var parser: HTTPRequestParser
    /// The start of a request whose rest has not come.
    var input: [UInt8] = []
    /// What the client has not taken yet, from `outputStart` on.
    var output: [UInt8] = []
    var outputStart = 0
    /// Whether `input` holds requests that wait for `output` to be taken.
    var isStalled = false
    var interest = Epoll.Interest.read
    /// Whether the socket may hold more than was read when it was last told of.
    var hasMoreToRead = false
    /// The request that the application has deferred.
    var deferred: Deferred?
    /// Nothing more is read as a request; when all is sent the connection closes.
    var isClosing = false
    /// Whether to wait for the client to close first, so that it can read the last answer.
    var lingers = false
    /// Bytes read and dropped while it lingers.
    var droppedCount = 0
    var phase = Deadlines.Phase.idle
    var phaseStartNanoseconds: UInt64

    struct Deferred {
        let method: HTTPMethod
        let isHTTP10: Bool
        let keepsAlive: Bool
        let startNanoseconds: UInt64
    }

    init(_ accepted: AcceptedSocket, generation: UInt32, limits: HTTPLimits, now: UInt64) {
        socket = accepted.descriptor
        client = accepted.client
        isInReserve = accepted.isInReserve
        self.generation = generation
        parser = HTTPRequestParser(limits: limits)
        phaseStartNanoseconds = now
    }

    var pendingOutputCount: Int { output.count - outputStart }

    /// Whether no part of a request or an answer is under way.
    var isIdle: Bool { phase == .idle && input.isEmpty && pendingOutputCount == 0 }

    func enter(_ phase: Deadlines.Phase, now: UInt64) {
        guard self.phase != phase else { return }
        self.phase = phase
        phaseStartNanoseconds = now
    }
}
