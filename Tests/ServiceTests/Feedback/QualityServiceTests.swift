// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import TLSTesting
import Testing

/// What labels say of a version, beside what the test computes of the same answers itself.
@Suite(.serialized)
struct QualityServiceTests {
    private static let slices = ["north", "south \"2\"", nil]

    private func members(_ index: Int) -> String {
        let slice = Self.slices[index % 3].map { ",\"slice\":\(JSONValue.string($0).text)" } ?? ""
        return ",\"value\":\(Self.value(index))\(slice)"
    }

    private static func value(_ index: Int) -> Double { Double(index % 7) * 1.5 - 2 }

    /// A served version, with labels for so many predictions.
    private func serve(
        _ count: Int
    ) async throws -> (fixture: ServiceFixture, process: Process, outcomes: [Outcome]) {
        let fixture = try ServiceFixture()
        try fixture.publishOutcomes()
        let process = try await fixture.serveLabels()
        let outcomes = try fixture.outcomes(count)
        try await fixture.waitForKept(count)
        let labels = outcomes.enumerated().map { $1.label(members($0)) }
        let receipt = try fixture.label("{\"labels\":[\(labels.joined(separator: ","))]}")
        #expect(receipt["joined"]?.integer == count)
        return (fixture, process, outcomes)
    }

    private func expect(
        _ quality: JSONValue?, _ outcomes: [Outcome], _ location: SourceLocation = #_sourceLocation
    ) throws {
        let quality = try #require(quality, sourceLocation: location)
        func expectMean(_ name: String, _ value: (Outcome) -> Double) {
            let value = outcomes.mean(value)
            let mean = quality[name]?["mean"]?.number ?? .nan
            #expect(abs(mean - value) < 1e-9, "\(name)", sourceLocation: location)
            #expect(
                quality[name]?["labels"]?.number == Double(outcomes.count),
                sourceLocation: location)
            let low = quality[name]?["low"]?.number ?? .nan
            let high = quality[name]?["high"]?.number ?? .nan
            #expect(low < mean && mean < high, "\(name)", sourceLocation: location)
        }
        expectMean("accuracy") { $0.isYes == $0.predictsYes ? 1 : 0 }
        expectMean("brier") { pow($0.probability - ($0.isYes ? 1 : 0), 2) }
        expectMean("log_loss") { -log($0.isYes ? $0.probability : 1 - $0.probability) }
        let error = quality["calibration_error"]?.number ?? .nan
        #expect(abs(error - outcomes.calibrationError) < 1e-9, sourceLocation: location)
        // In 512 bins: scores in one count as tied.
        let area = quality["auc"]?["mean"]?.number ?? .nan
        #expect(abs(area - outcomes.area { $0.probability }) < 0.002, sourceLocation: location)
    }

    @Test func equalsWhatTheTestComputes() async throws {
        let (fixture, process, outcomes) = try await serve(600)
        #expect(outcomes.allSatisfy { abs($0.probability - $0.score(last: 0)) < 1e-12 })
        let quality = try #require(try fixture.quality())
        try expect(quality["all"], outcomes)
        let values = (0..<600).map(Self.value)
        let mean = values.reduce(0, +) / 600
        #expect(abs((quality["all"]?["value"]?["mean"]?.number ?? .nan) - mean) < 1e-9)
        #expect(quality["slices"]?.members?.map(\.name) == ["north", "south \"2\""])
        for (place, slice) in Self.slices.prefix(2).enumerated() {
            let own = stride(from: place, to: 600, by: 3).map { outcomes[$0] }
            try expect(quality["slices"]?[slice ?? ""], own)
        }
        try await expectMetrics(quality, fixture)
        #expect(process.pid > 0)
    }

    private func expectMetrics(_ quality: JSONValue, _ fixture: ServiceFixture) async throws {
        try await fixture.waitFor("model_live_brier{model=\"m\",version=\"1\"}", 1e-9)
        for name in ["accuracy", "auc", "brier", "calibration_error", "value"] {
            let told = quality["all"]?[name]
            let series = "model_live_\(name){model=\"m\",version=\"1\"}"
            let number = try #require(try fixture.metric(series), "\(series)")
            #expect(number == told?.number ?? told?["mean"]?.number, "\(name)")
        }
        // A client invents slices: no metric has their names.
        #expect(try !fixture.get("/metrics").contains("north"))
    }

    /// A restart goes on with the labels that are kept, and labels find predictions from before it.
    @Test(arguments: [SIGTERM, SIGKILL])
    func survivesARestart(_ signal: Int32) async throws {
        let (fixture, process, outcomes) = try await serve(200)
        let late = try fixture.outcomes(20, seed: 2)
        try await fixture.waitForKept(220)
        let before = try #require(try fixture.quality())
        process.signal(signal)
        #expect(process.wait() == (signal == SIGKILL ? -SIGKILL : 0))
        let next = try await fixture.serveLabels()
        try await fixture.waitFor("model_live_accuracy{model=\"m\",version=\"1\"}", 1e-9)
        let after = try #require(try fixture.quality())
        try expect(after["all"], outcomes)
        #expect(after["slices"]?.members?.map(\.name) == before["slices"]?.members?.map(\.name))
        let receipt = try fixture.label(late + [outcomes[0]])
        #expect(receipt["joined"]?.integer == 20)
        // The first was sent with a value.
        #expect(receipt["conflicts"]?.array?.count == 1)
        try expect(try fixture.quality()?["all"], outcomes + late)
        #expect(next.pid > 0)
    }

    /// What has just been answered is written before the process ends.
    @Test func writesWhatIsOnItsWay() async throws {
        let fixture = try ServiceFixture()
        try fixture.publishOutcomes()
        let process = try await fixture.serveLabels()
        let outcomes = try fixture.outcomes(30)
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        let next = try await fixture.serveLabels()
        #expect(try fixture.label(outcomes)["joined"]?.integer == 30)
        #expect(next.pid > 0)
    }
}
