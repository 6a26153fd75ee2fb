// SPDX-License-Identifier: Apache-2.0
import JSON
import Logging
import Models
import Registry
import Rollout
import Synchronization
import Telemetry
import Testing

@testable import Serving

struct DriftMonitorTests {
    private final class Events: Sendable {
        let told = Mutex<[DriftEvent]>([])
    }

    /// A fixture whose `m` has a profile, with a monitor that the test turns by hand.
    private static func serving(
        profile: ReferenceProfile?
    ) throws -> (ServingFixture, DriftMonitor, Events) {
        let events = Events()
        let fixture = try ServingFixture()
        let monitor = try #require(
            DriftMonitor(
                DriftLimits(), metrics: fixture.metrics,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { event in events.told.withLock { $0.append(event) } })
        fixture.drift = monitor
        let model = try #require(ServingFixture.model(intercept: 0, profile: profile))
        try fixture.publish(bytes: model.artifact)
        fixture.watch()
        return (fixture, monitor, events)
    }

    /// Sends a thousand rows, by tens, and has them collected.
    private static func send(
        _ fixture: ServingFixture, _ monitor: DriftMonitor, _ sample: inout DriftSample,
        shift: Double = 0
    ) throws {
        let cities = ["Bern", "Köln"]
        for _ in 0..<100 {
            let rows = sample.rows(10, shift: shift)
            let records = stride(from: 0, to: 20, by: 2).map { index -> JSONValue in
                [
                    rows[index].isNaN ? .null : .number(rows[index]),
                    .string(cities[Int(rows[index + 1])]),
                ]
            }
            let body: JSONValue = ["instances": .array(records)]
            #expect(try fixture.post("/predict", body.text).status == 200)
        }
        monitor.collect(at: 0, Timestamp(milliseconds: 1_790_000_000_000))
    }

    @Test func tellsADriftOnce() throws {
        let (fixture, monitor, events) = try Self.serving(profile: DriftSample.profile())
        var sample = DriftSample(seed: 4)
        for _ in 0..<3 { try Self.send(fixture, monitor, &sample) }
        #expect(events.told.withLock { $0.isEmpty })
        for _ in 0..<4 { try Self.send(fixture, monitor, &sample, shift: 50) }
        let told = events.told.withLock { $0 }
        #expect(
            told.map(\.feature).sorted() == ["$prediction", "$probability:yes", "age"])
        let event = try #require(told.first { $0.feature == "age" })
        #expect(event.model == "m")
        #expect(event.version == 1)
        #expect(event.severity == .critical)
        #expect(event.window == 5)
        #expect(event.windowRowCount == 1000)
        #expect(event.referenceRowCount == 5000)
        #expect(event.isClustered)
        #expect(event.json["statistics"]?["psi"]?.number ?? 0 > 0.25)
        #expect(event.json["at"]?.string?.hasSuffix("Z") == true)
        // Over, and come again.
        for _ in 0..<2 { try Self.send(fixture, monitor, &sample) }
        for _ in 0..<2 { try Self.send(fixture, monitor, &sample, shift: 50) }
        #expect(events.told.withLock { $0.count } == 6)
    }

    @Test func showsItInMetricsAndDocument() throws {
        let (fixture, monitor, _) = try Self.serving(profile: DriftSample.profile())
        let empty = monitor.document(model: "m")
        #expect(empty["versions"]?.array?.first?["window"] == .null)
        #expect(try fixture.scrape().contains(#"drift_windows_total{model="m",version="1"} 0"#))
        var sample = DriftSample(seed: 4)
        for _ in 0..<2 { try Self.send(fixture, monitor, &sample, shift: 50) }
        let text = try fixture.scrape()
        let labels = #"{model="m",version="1",feature="age""#
        #expect(text.contains("drift_severity\(labels)} 3"))
        #expect(text.contains("drift_index\(labels),statistic=\"psi\"}"))
        #expect(text.contains(#"drift_windows_total{model="m",version="1"} 2"#))
        #expect(
            text.contains(#"drift_events_total{model="m",version="1",severity="critical"} 3"#))
        let document = monitor.document(model: "m")
        let version = try #require(document["versions"]?.array?.first)
        #expect(version["window"]?["rows"]?.integer == 1000)
        #expect(version["window"]?["severity"]?.string == "critical")
        #expect(version["reference"]?["inputs"]?["source"]?.string == "test")
        #expect(version["features"]?.array?.count == 2)
        #expect(version["features"]?.array?.first?["severity"]?.string == "critical")
        #expect(version["outputs"]?.array?.count == 2)
        #expect(monitor.document(model: "other")["versions"] == .array([]))
    }

    /// The series go with the version, and what was counted of it is not missed.
    @Test func forgetsAVersionThatIsServedNoLonger() async throws {
        let (fixture, monitor, _) = try Self.serving(profile: DriftSample.profile())
        var sample = DriftSample(seed: 4)
        for _ in 0..<2 { try Self.send(fixture, monitor, &sample, shift: 50) }
        // The first that follows makes it the previous one, which stays at hand.
        for intercept in [1.0, 2] {
            try fixture.publish(intercept: intercept)
            try await fixture.takeNextSets()
        }
        monitor.collect(at: 0, Timestamp(milliseconds: 0))
        #expect(!(try fixture.scrape()).contains("drift_index{"))
        #expect(monitor.document(model: "m")["versions"] == .array([]))
        // The version now served has no profile.
        try Self.send(fixture, monitor, &sample, shift: 50)
        #expect(monitor.document(model: "m")["versions"] == .array([]))
    }

    @Test func countsWhatIsAnsweredOffTheLoops() throws {
        let (fixture, monitor, _) = try Self.serving(profile: DriftSample.profile())
        let rows = (0..<20_000).map { #"[\#($0 % 100),"Bern"]"# }.joined(separator: ",")
        let body = Array(#"{"instances":[\#(rows)]}"#.utf8)
        #expect(!(try fixture.predictions(ServingFixture.post(body, ""))).isEmpty)
        monitor.collect(at: 0, Timestamp(milliseconds: 0))
        let window = monitor.document(model: "m")["versions"]?.array?.first?["window"]
        #expect((2000...20_000).contains(try #require(window?["rows"]?.integer)))
        #expect(window?["units"]?.integer == 1)
    }

    /// A key is one unit, whether a field names it or the body: six hundred that come in both ways
    /// and four hundred more are a thousand rows.
    @Test func knowsAUnitByItsKey() throws {
        let (fixture, monitor, _) = try Self.serving(profile: DriftSample.profile())
        for number in 0..<1000 {
            let row = Array(ServingFixture.row.utf8)
            let message = ServingFixture.post(row, "X-Martlet-Key: user \(number)\r\n")
            #expect(try fixture.send(message).status == 200)
            guard number < 600 else { continue }
            let keyed = Array(#"{"features":[50,"Bern"],"key":"user \#(number)"}"#.utf8)
            let other = ServingFixture.post(keyed, "X-Martlet-Key: another\r\n")
            #expect(try fixture.send(other).status == 200)
        }
        monitor.collect(at: 0, Timestamp(milliseconds: 0))
        let window = monitor.document(model: "m")["versions"]?.array?.first?["window"]
        #expect(window?["rows"]?.integer == 1000)
        #expect(window?["units"]?.integer == 1000)
    }

    /// Of many features some have gauges, and all are in the document.
    @Test func boundsItsSeries() throws {
        let names = (0..<80).map { "f\($0 + 10)" }
        let schema = try #require(FeatureSchema(names.map { Feature(name: $0, kind: .number) }))
        let encoding = try #require(
            LinearEncoding(
                schema: schema, standardisations: names.map { _ in .init(mean: 0, scale: 1) }))
        let linear = try #require(
            LinearModel(
                encoding: encoding,
                weights: [Double](repeating: 0.125, count: encoding.columnCount), intercepts: [0]))
        let variable = ProfiledVariable(
            bins: .number(edges: [0], range: -1...1), counts: VariableCounts(bins: [500, 500]))
        let profile = ReferenceProfile(
            inputs: .init(source: .train, rowCount: 1000, variables: names.map { _ in variable }),
            outputs: .init(source: .test, rowCount: 1000, variables: [variable]))
        let (fixture, monitor, _) = try Self.serving(profile: nil)
        let record = JSONValue.array(names.map { _ in 0.5 })
        let model = try #require(
            Model(
                schema: schema, kind: .linear(linear), output: .regression,
                goldenRecords: [record], training: .null, profile: profile))
        try fixture.publish(bytes: model.artifact, "wide")
        fixture.watch()
        let rows = JSONValue.array([JSONValue](repeating: record, count: 1000))
        let body: JSONValue = ["instances": rows]
        // Off the loop at the latest, which the fixture runs too.
        #expect(try fixture.post("/models/wide/predict", body.text).status == 200)
        monitor.collect(at: 0, Timestamp(milliseconds: 0))
        let gauges = try fixture.scrape().split(separator: "\n").filter {
            $0.hasPrefix("drift_severity{")
        }
        #expect(gauges.count == DriftWatch.gaugedFeatureCountMax + 1)
        #expect(gauges.contains { $0.contains("feature=\"f10\"") })
        #expect(!gauges.contains { $0.contains("feature=\"f89\"") })
        let document = monitor.document(model: "wide")["versions"]?.array?.first
        #expect(document?["features"]?.array?.count == 80)
    }

    @Test func isOffWithoutRows() {
        let monitor = DriftMonitor(
            DriftLimits(rowCount: 0), metrics: MetricsRegistry(loopCount: 1),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { _ in }
        #expect(monitor == nil)
    }
}
