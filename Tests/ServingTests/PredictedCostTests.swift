// SPDX-License-Identifier: Apache-2.0
import Serving
import Testing
import Zlib

/// What deferred work is thought to take, by which it is let in.
struct PredictedCostTests {
    private func predictedNanoseconds(
        _ fixture: ServingFixture, _ body: [UInt8], isGzip: Bool
    ) throws -> Double? {
        try predictions(fixture, body, isGzip: isGzip).first
    }

    private func predictions(
        _ fixture: ServingFixture, _ body: [UInt8], isGzip: Bool
    ) throws -> [Double] {
        let coding = isGzip ? "Content-Encoding: gzip\r\n" : ""
        let head =
            "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(coding)"
            + "Content-Length: \(body.count)\r\n\r\n"
        return try fixture.predictions(Array(head.utf8) + body)
    }

    private func text(rowCount: Int) -> [UInt8] {
        let rows = (0..<rowCount).map { "[\($0 % 97).\($0 * 7919 % 100_000),\"Bern\"]" }
        return Array("{\"instances\":[\(rows.joined(separator: ","))]}".utf8)
    }

    /// A body costs by what it decodes to, not by what it is on the wire, and decoding costs too.
    @Test func isThatOfTheTextWhateverTheCoding() throws {
        let fixture = try ServingFixture()
        try fixture.publish()
        fixture.watch()
        let text = text(rowCount: 20_000)
        let coded = try Gzip.compress(text)
        #expect(coded.count < text.count / 2)
        let plain = try #require(try predictedNanoseconds(fixture, text, isGzip: false))
        let decoded = try #require(try predictedNanoseconds(fixture, coded, isGzip: true))
        #expect(plain < decoded && decoded < 2 * plain)
        #expect(plain > Double(text.count))
    }

    /// The word of a gzip stream on its length is the client's: believed within what it could be.
    @Test func believesNoImpossibleLength() throws {
        let fixture = try ServingFixture { $0.bodyBytesMax = 1_000_000 }
        try fixture.publish()
        fixture.watch()
        let coded = try Gzip.compress(text(rowCount: 2_000))
        let honest = try #require(try predictedNanoseconds(fixture, coded, isGzip: true))
        let tail: [[UInt8]] = [[0, 0, 0, 0], [255, 255, 255, 255]]
        let lies = try tail.map {
            try #require(
                try predictedNanoseconds(fixture, coded.dropLast(4) + $0, isGzip: true))
        }
        #expect(0 < lies[0] && lies[0] < honest)
        #expect(honest < lies[1] && lies[1] < honest * 1_000_000 / Double(coded.count))
        #expect(try predictedNanoseconds(fixture, [], isGzip: true) != nil)
    }

    /// The last trailer tells nothing of the members before it, so none counts as little as that.
    @Test func takesSeveralMembersForAllTheyMayHold() throws {
        let fixture = try ServingFixture { $0.bodyBytesMax = 1_000_000 }
        try fixture.publish()
        fixture.watch()
        let text = text(rowCount: 20_000)
        let one = try Gzip.compress(text)
        let several = try Gzip.compress(text) + Gzip.compress([0x20])
        let cost = try #require(try predictedNanoseconds(fixture, one, isGzip: true))
        let bound = try #require(try predictedNanoseconds(fixture, several, isGzip: true))
        #expect(bound > cost * 1_000_000 / Double(text.count) * 0.99)
    }

    /// Explanations may cost so much more that a body is not taken to ask for them before it is
    /// read: four clients with 1,000 rows for trees were refused at a hundredth of what was
    /// bearable.
    @Test(arguments: [false, true])
    func judgesABodyAnewThatAsksForExplanations(isGzip: Bool) throws {
        let fixture = try ServingFixture()
        try fixture.publish()
        fixture.watch()
        let plain = text(rowCount: 20_000)
        let explained = Array("{\"explain\":true,".utf8) + plain.dropFirst()
        let costs = try [plain, explained].map {
            try predictions(fixture, isGzip ? Gzip.compress($0) : $0, isGzip: isGzip)
        }
        #expect(costs.map(\.count) == [1, 2])
        #expect(costs[1][0] < costs[0][0] * 1.01)
    }

    /// A row costs what writing its answer takes, too, and explaining it is work.
    @Test func countsWhatIsWritten() throws {
        let rows = Array(repeating: #"[50.5,"Bern"]"#, count: 3000).joined(separator: ",")
        let plain = Array("{\"instances\":[\(rows)]}".utf8)
        let explained = Array("{\"explain\":true,\"instances\":[\(rows)]}".utf8)
        // What is measured when the version is loaded; a busy machine only ever adds to it.
        var costs = [Double.infinity, .infinity]
        for _ in 0..<5 {
            let fixture = try ServingFixture()
            try fixture.publish()
            fixture.watch()
            for (index, body) in [plain, explained].enumerated() {
                let cost = try #require(try predictedNanoseconds(fixture, body, isGzip: false))
                costs[index] = min(costs[index], cost)
            }
        }
        // A number takes some forty nanoseconds to write; two stand in a row, four in an explained.
        #expect(costs[0] > 3000 * 40)
        #expect(costs[1] > costs[0] * 1.2)
    }
}
