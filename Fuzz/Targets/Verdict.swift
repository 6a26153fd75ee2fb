// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// What the request parser makes of a stream, in values that can be compared.
struct Verdict: Equatable {
    enum End: Equatable {
        case incomplete
        case closed
        case refused(HTTPParseError)
    }

    struct Message: Equatable {
        let method: HTTPMethod
        let isHTTP10: Bool
        let keepsAlive: Bool
        let byteCount: Int
        let path: [UInt8]
        let query: [UInt8]?
        let body: [UInt8]
        let fields: [[UInt8]?]

        init(_ request: HTTPRequest, _ bytes: [UInt8]) {
            method = request.method
            isHTTP10 = request.isHTTP10
            keepsAlive = request.keepsAlive
            byteCount = request.byteCount
            path = Array(bytes[request.path])
            query = request.query.map { Array(bytes[$0]) }
            body = Array(bytes[request.body])
            fields = HTTPField.allCases.map { field in request[field].map { Array(bytes[$0]) } }
        }
    }

    private(set) var messages: [Message] = []
    private(set) var end = End.incomplete

    /// Low enough for inputs of a few hundred bytes to reach each.
    static let limits = {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = 256
        limits.headBytesMax = 1024
        limits.fieldCountMax = 16
        limits.bodyBytesMax = 512
        limits.chunkOverheadBytesMax = 128
        return limits
    }()

    /// Feeds the stream in pieces as a connection does: what is left of it, and whatever is added.
    init(_ stream: [UInt8], cutAt cuts: [Int] = []) {
        var parser = HTTPRequestParser(limits: Self.limits)
        var pending: [UInt8] = []
        var fed = 0
        for cut in cuts + [stream.count] where cut > fed || stream.isEmpty {
            pending += stream[fed..<cut]
            fed = cut
            while case .incomplete = end, !pending.isEmpty, parse(&parser, &pending) {}
        }
    }

    /// Takes one message off `pending`, if it is whole.
    private mutating func parse(
        _ parser: inout HTTPRequestParser, _ pending: inout [UInt8]
    ) -> Bool {
        let exact = ExactBytes(pending)
        var span = exact.bytes.mutableSpan
        do throws(HTTPParseError) {
            let isComplete = try parser.parse(&span)
            pending = Array(exact.bytes)
            guard isComplete else { return false }
        } catch {
            end = .refused(error)
            return false
        }
        messages.append(Message(parser.request, pending))
        pending.removeFirst(parser.request.byteCount)
        if !parser.request.keepsAlive { end = .closed }
        parser.reset()
        return true
    }

    /// The same stream in other pieces must mean the same: at every byte when it is short, and at
    /// places that the stream itself picks.
    func checkCuts(of stream: [UInt8]) {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in stream { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for _ in 0..<3 {
            var cuts: [Int] = []
            for _ in 0..<4 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                cuts.append(Int(state >> 33) % (stream.count + 1))
            }
            check(Verdict(stream, cutAt: cuts.sorted()) == self, "the cut changes the verdict")
        }
        guard stream.count <= 96 else { return }
        let each = Verdict(stream, cutAt: Array(0..<stream.count))
        check(each == self, "byte by byte the verdict is another")
    }
}
