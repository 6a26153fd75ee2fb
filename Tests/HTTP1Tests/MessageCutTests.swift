// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

/// However a message comes in pieces, it is read as the same request or refused by the same rule.
struct MessageCutTests {
    static let vectors = RequestLineTests.vectors + FieldSectionTests.vectors + FramingTests.vectors

    /// So small that every kind of limit is met by short messages.
    static let tightLimits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = 40
        limits.headBytesMax = 90
        limits.fieldCountMax = 4
        limits.bodyBytesMax = 12
        limits.chunkOverheadBytesMax = 8
        return limits
    }()

    static let limitVectors: [MessageVector] = [
        .target("/\(String(repeating: "a", count: 40))", .refused(.requestLineTooLong)),
        .fields("A: \(String(repeating: "a", count: 90))", .refused(.headTooLarge)),
        .fields("A: b\r\nC: d\r\nE: f\r\nG: h", .refused(.tooManyFields)),
        .post("Content-Length: 13", "0123456789012", .refused(.bodyTooLarge)),
        .chunks("8\r\n01234567\r\n5\r\nabcde\r\n0\r\n\r\n", .refused(.bodyTooLarge)),
        .chunks("1;abcdefghi\r\na\r\n0\r\n\r\n", .refused(.chunkExtensionTooLarge)),
        .chunks("1\r\na\r\n0\r\nabcdefgh: i\r\n\r\n", .refused(.trailerTooLarge)),
        .chunks(String(repeating: "1\r\na\r\n", count: 12), .refused(.chunkOverheadTooLarge)),
    ]

    @Test(arguments: vectors) func atEveryByte(_ vector: MessageVector) {
        checkCuts(vector, HTTPLimits())
    }

    @Test(arguments: limitVectors) func atEveryByteUnderTightLimits(_ vector: MessageVector) {
        #expect(Reading(vector.bytes, limits: Self.tightLimits).verdict == vector.expected)
        checkCuts(vector, Self.tightLimits)
    }

    private func checkCuts(_ vector: MessageVector, _ limits: HTTPLimits) {
        let message = vector.bytes
        let whole = Reading(message, limits: limits)
        for cut in 0...message.count {
            let reading = Reading(message, cuts: [cut], limits: limits)
            #expect(reading == whole, "cut at \(cut)")
        }
        let bytewise = Reading(message, cuts: Array(0...message.count), limits: limits)
        #expect(bytewise == whole)
    }

    /// Messages of all tables behind one another in one stream: cut anywhere, each is found where
    /// the one before it ended.
    @Test(arguments: 1...8)
    func atRandomPlacesOfAStream(_ seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let complete = Self.vectors.filter {
            if case .request = $0.expected {
                Reading($0.bytes).byteCount == $0.bytes.count
            } else {
                false
            }
        }
        let picked = (0..<50).map { _ in complete[Int.random(in: complete.indices, using: &chance)]
        }
        let stream = picked.flatMap(\.bytes)
        var cuts = (0..<200).map { _ in Int.random(in: 0...stream.count, using: &chance) }.sorted()
        cuts.append(stream.count)
        #expect(verdicts(stream, cuts) == picked.map(\.expected))
    }

    /// Reads as a connection does: what is left of a piece begins the next message.
    private func verdicts(_ stream: [UInt8], _ cuts: [Int]) -> [Verdict] {
        var verdicts: [Verdict] = []
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var buffer: [UInt8] = []
        var start = 0
        for cut in cuts {
            buffer += stream[start..<cut]
            start = cut
            while !buffer.isEmpty {
                var span = buffer.mutableSpan
                guard let isComplete = try? parser.parse(&span) else { return verdicts }
                guard isComplete else { break }
                let request = parser.request
                verdicts.append(
                    .request(
                        request.method, path: String(decoding: buffer[request.path], as: UTF8.self),
                        body: String(decoding: buffer[request.body], as: UTF8.self)))
                buffer.removeFirst(request.byteCount)
                parser.reset()
            }
        }
        return verdicts
    }

    /// Each message at seeded random sets of places.
    @Test func atRandomPlaces() {
        var chance = SeededGenerator(seed: 9112)
        for vector in Self.vectors {
            let message = vector.bytes
            let whole = Reading(message)
            for _ in 0..<100 {
                let count = Int.random(in: 2...6, using: &chance)
                let cuts = (0..<count).map { _ in Int.random(in: 0...message.count, using: &chance)
                }
                .sorted()
                let reading = Reading(message, cuts: cuts)
                #expect(reading == whole, "\(vector.testDescription) cut at \(cuts)")
            }
        }
    }

    /// A refusal comes with the byte that breaks the rule and the line it stands in, and nothing
    /// that follows changes it.
    @Test func nothingBehindARefusalMatters() {
        for vector in Self.vectors {
            guard case .refused = vector.expected else { continue }
            let reading = Reading(vector.bytes + Array("\r\n\r\nGET / HTTP/1.1\r\n\r\n".utf8))
            #expect(reading.verdict == vector.expected, "\(vector.testDescription)")
        }
    }

    /// What is refused by others than the parser.
    static let refusedElsewhere: Set<HTTPParseError> = [
        .unexpectedEnd, .timeout, .misdirectedRequest,
    ]

    @Test(arguments: HTTPParseError.allCases)
    func someMessageReachesEveryRefusal(_ error: HTTPParseError) {
        let isReached = (Self.vectors + Self.limitVectors).contains {
            $0.expected == .refused(error)
        }
        #expect(isReached != Self.refusedElsewhere.contains(error))
    }
}
