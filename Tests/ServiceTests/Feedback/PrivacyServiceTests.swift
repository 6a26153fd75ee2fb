// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TLSTesting
import Testing

/// What the bytes of a store hold of people while a server uses it.
@Suite(.serialized)
struct PrivacyServiceTests {
    private func fixture() throws -> ServiceFixture {
        let fixture = try ServiceFixture()
        try fixture.publishOutcomes()
        return fixture
    }

    private func contains(_ fixture: ServiceFixture, _ bytes: [UInt8]) throws -> Bool {
        Data(try ServiceFixture.contents(fixture.storePath)).range(of: Data(bytes)) != nil
    }

    /// As it is stored: 16 bytes.
    private func stored(_ outcome: Outcome) throws -> [UInt8] {
        try stride(from: 0, to: 32, by: 2).map { start in
            let digits = outcome.id.dropFirst(start).prefix(2)
            return try #require(UInt8(digits, radix: 16))
        }
    }

    private func erase(_ key: String, _ fixture: ServiceFixture) throws -> String {
        let output = "\(fixture.folder)/erased"
        unlink(output)
        let process = try Process(
            ServiceFixture.program("martlet"),
            ["privacy", "erase", "--key", key, "--feedback-store", fixture.storePath],
            output: output)
        let code = process.wait()
        let text = String(decoding: try ServiceFixture.contents(output), as: UTF8.self)
        #expect(code == 0, "\(text)")
        return text
    }

    @Test func erasesAKeyWhileTheServerGoesOn() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveLabels()
        let key = "someone-who-wants-to-be-forgotten"
        let outcomes = try fixture.outcomes(40) { $0 % 4 == 0 ? ",\"key\":\"\(key)\"" : "" }
        let own = stride(from: 0, to: 40, by: 4).map { outcomes[$0] }
        let others = outcomes.enumerated().filter { $0.offset % 4 != 0 }.map(\.element)
        try await fixture.waitForKept(40)
        let labels = outcomes.map { $0.label(",\"slice\":\"slice-of-\($0.id)\"") }
        try fixture.label("{\"labels\":[\(labels.joined(separator: ","))]}")
        #expect(try !contains(fixture, Array(key.utf8)), "a key is never kept as it came")
        for outcome in outcomes {
            #expect(try contains(fixture, stored(outcome)))
            #expect(try contains(fixture, Array("slice-of-\(outcome.id)".utf8)))
        }
        let crowd = LabelledCrowd(at: fixture.port, connections: 2)
        #expect(try erase(key, fixture) == "10 predictions erased\n")
        for outcome in own {
            #expect(try !contains(fixture, stored(outcome)))
            #expect(try !contains(fixture, Array("slice-of-\(outcome.id)".utf8)))
        }
        for outcome in others { #expect(try contains(fixture, stored(outcome))) }
        #expect(try erase(key, fixture) == "0 predictions erased\n")
        while crowd.outcomes.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        _ = crowd.stop()
        let again = others.map { $0.label(",\"slice\":\"slice-of-\($0.id)\"") }
        let receipt = try fixture.label("{\"labels\":[\(again.joined(separator: ","))]}")
        #expect(receipt["duplicates"]?.integer == 30)
        #expect(process.pid > 0)
    }

    @Test(arguments: [[], ["x0"], ["x0", "x7"], ["unknown"]])
    func keepsNoFeatureThatIsNotAllowed(_ allowed: [String]) async throws {
        let fixture = try fixture()
        let process = try await fixture.serveLabels(
            allowed.flatMap { ["--feedback-feature", $0] })
        let outcomes = try fixture.outcomes(20)
        try await fixture.waitForKept(20)
        for outcome in outcomes {
            for (name, value) in [("x0", outcome.first), ("x7", outcome.last)] {
                let text = JSONValue.number(value).text
                #expect(try contains(fixture, Array(text.utf8)) == allowed.contains(name))
                let number = withUnsafeBytes(of: value.bitPattern) { Array($0) }
                #expect(try !contains(fixture, number))
                #expect(try !contains(fixture, number.reversed()))
            }
        }
        #expect(try contains(fixture, Array("\"x0\"".utf8)) == allowed.contains("x0"))
        #expect(try !contains(fixture, Array("\"x1\"".utf8)))
        #expect(process.pid > 0)
    }
}
