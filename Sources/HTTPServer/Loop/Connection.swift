// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// One client's connection: confined to the loop that holds it.
///
/// Between requests it owns no buffers: bytes are read into and written from the loop's own, and
/// only what is left over is kept here.
final class Connection {
    let socket: Int32
    let generation: UInt32
    var transport: Transport
    /// Whether a step of the TLS handshake runs elsewhere and uses the socket.
    var isInHandshakeStep = false
    /// The server name that the client asked TLS for, in lower case.
    var serverName: [UInt8] = []
    /// What the client showed, where TLS asks for it.
    var clientCertificate: ClientCertificate?
    /// Whether TLS may hold memory for records that an idle connection does without.
    var holdsRecords = false
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
    var phase = Deadlines.Phase.opening
    var phaseStartNanoseconds: UInt64
    /// What has been read in this phase.
    var phaseByteCount = 0

    /// A request whose answer is being made elsewhere, and what of it that answer needs.
    struct Deferred {
        let method: HTTPMethod
        let isHTTP10: Bool
        let keepsAlive: Bool
        let startNanoseconds: UInt64
        let byteCount: Int
        let isLogged: Bool
        var ticket: ComputeQueue.Ticket?
    }

    init(
        _ accepted: AcceptedSocket, _ transport: Transport, generation: UInt32,
        limits: HTTPLimits, now: UInt64
    ) {
        self.transport = transport
        if case .tls = transport { phase = .handshake }
        socket = accepted.descriptor
        client = accepted.client
        isInReserve = accepted.isInReserve
        self.generation = generation
        parser = HTTPRequestParser(limits: limits)
        phaseStartNanoseconds = now
    }

    /// Hands bytes to the socket. It stands here and not in the loop, as a closure of an actor asks
    /// at run time whether it is on its executor, which would cost 1,000 instructions a request.
    ///
    /// - Returns: how many were taken, or `nil` when the connection is broken.
    func send(_ bytes: [UInt8], from start: Int) -> Int? {
        let outcome = bytes.withUnsafeBytes {
            transport.send(socket, UnsafeRawBufferPointer(rebasing: $0[start...]))
        }
        switch outcome {
        case .moved(let count): return count
        case .wait: return 0
        case .end, .failure: return nil
        }
    }

    /// Whether it is to be closed as soon as the step of its handshake that is under way allows.
    var isAbandoned: Bool { isInHandshakeStep && isClosing }

    /// Lets go of what has been sent, once it is the greater part: a client that always leaves a
    /// little untaken would otherwise have all that it was ever sent kept.
    func dropSent() {
        guard outputStart > output.count - outputStart else { return }
        output.removeFirst(outputStart)
        outputStart = 0
    }

    var pendingOutputCount: Int { output.count - outputStart }

    /// Whether no part of a request or an answer is under way.
    var isIdle: Bool {
        (phase == .idle || phase == .opening) && !parser.hasBegun && pendingOutputCount == 0
    }

    func enter(_ phase: Deadlines.Phase, now: UInt64) {
        guard self.phase != phase else { return }
        begin(phase, now: now)
    }

    /// Like `enter`, from anew where it is in that phase already.
    func begin(_ phase: Deadlines.Phase, now: UInt64) {
        self.phase = phase
        phaseStartNanoseconds = now
        phaseByteCount = 0
    }
}
