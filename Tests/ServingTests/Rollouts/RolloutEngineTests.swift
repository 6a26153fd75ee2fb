// SPDX-License-Identifier: Apache-2.0
import Logging
import Registry
import Serving
import Synchronization
import Telemetry
import Testing

/// What the engine makes of the registry's word, which comes to it by two ways.
struct RolloutEngineTests {
    private final class Sets: Sendable {
        private let sets = Mutex<[ServingSet]>([])

        func append(_ set: ServingSet) { sets.withLock { $0.append(set) } }
        var last: ServingSet? { sets.withLock { $0.last } }
    }

    /// The sets that the watcher made, and those that the engine made of them.
    private let made = Sets()
    private let published = Sets()
    private let fixture: ServingFixture
    private let engine: RolloutEngine
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let id: Int

    /// Half of the keys are the candidate's.
    init() throws {
        fixture = try ServingFixture()
        let stable = try fixture.publish()
        let candidate = try fixture.publish(intercept: 0.6, alias: nil)
        id = try fixture.registry.start(
            RolloutDraft(
                model: try ModelName("m"), kind: "canary", stable: stable, candidate: candidate,
                plan: #"{"steps":[0.5],"shadow":false}"#,
                salt: "000102030405060708090a0b0c0d0e0f", state: "canary:0", actor: "me",
                reason: "")
        ).id
        engine = RolloutEngine(
            registryPath: fixture.registryPath, pollMilliseconds: 10, metrics: fixture.metrics,
            logger: logger
        ) { [published] set in published.append(set) }
        let watcher = RegistryWatcher(
            path: fixture.registryPath, promises: [], pollMilliseconds: 3_600_000,
            metrics: fixture.metrics, logger: logger
        ) { [made] set in made.append(set) }
        watcher.start()
        engine.start()
    }

    /// Whether requests are part of a rollout, by the set that was published last.
    private func isInRollout() throws -> Bool {
        _ = fixture.service.receive(try #require(published.last))
        let answer = try fixture.post("/predict", ServingFixture.row)
        #expect(answer.status == 200)
        return answer.head.contains("X-Martlet-Arm: ")
    }

    /// A set that waited for a large version says that a rollout is under way which is over.
    @Test func aStaleSetBringsNothingBack() async throws {
        let set = try #require(made.last)
        engine.receive(set)
        #expect(try isInRollout())
        _ = try fixture.registry.move(
            RolloutMove(
                rollout: id, expecting: 0, to: "rolled_back:operator", isTerminal: true,
                reason: "operator", evidence: "[]", actor: "another server"))
        // By the engine's own look, while the watcher sleeps.
        for _ in 0..<500 where try isInRollout() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try !isInRollout())
        engine.receive(set)
        #expect(try !isInRollout())
    }

    /// Nothing that the engine knows of other models' rollouts is decided here.
    @Test func leavesRolloutsOfModelsAloneThatItDoesNotServe() async throws {
        let set = try #require(made.last)
        engine.receive(set)
        let other = try fixture.publish("other", alias: "production")
        let next = try fixture.publish("other", intercept: 0.6, alias: nil)
        let record = try fixture.registry.start(
            RolloutDraft(
                model: try ModelName("other"), kind: "canary", stable: other, candidate: next,
                plan: #"{"steps":[0.5],"shadow":false,"deadline_seconds":0.05}"#,
                salt: "100102030405060708090a0b0c0d0e0f", state: "canary:0", actor: "me",
                reason: ""))
        try await Task.sleep(for: .milliseconds(600))
        #expect(try fixture.registry.rollout(record.id).state == "canary:0")
    }
}
