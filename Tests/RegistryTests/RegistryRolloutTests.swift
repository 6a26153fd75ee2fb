// SPDX-License-Identifier: Apache-2.0
import GRDB
import Registry
import Testing

/// A registry with versions 1, 2 and 3 of `m`; production is version 1.
struct RolloutFixture {
    let folder: TemporaryFolder
    let registry: Registry

    init() throws {
        folder = try TemporaryFolder()
        registry = try Registry(path: folder.registry, mode: .create)
        for (byte, publisher) in [(UInt8(1), "ann"), (2, "bob"), (3, "bob")] {
            _ = try registry.publish(
                VersionDraft(
                    model: try ModelName("m"), artifact: [byte], lineage: "{}", actor: publisher,
                    alias: byte == 1 ? .production : nil))
        }
    }

    static func draft(
        stable: Int = 1, candidate: Int = 2, kind: String = "canary", plan: String = "{}",
        supersedes: Bool = false
    ) throws -> RolloutDraft {
        RolloutDraft(
            model: try ModelName("m"), kind: kind, stable: stable, candidate: candidate,
            plan: plan, salt: String(repeating: "0f", count: 16), state: "accepted",
            actor: "ann", reason: "new features", supersedes: supersedes)
    }

    static func move(
        _ rollout: Int = 1, expecting: Int, to state: String, isTerminal: Bool = false,
        actor: String = "controller", promotes: Int? = nil, forbidsPublisher: Bool = false
    ) -> RolloutMove {
        RolloutMove(
            rollout: rollout, expecting: expecting, to: state, isTerminal: isTerminal,
            reason: "because", evidence: #"[{"name":"pairs","value":1.5}]"#, actor: actor,
            promotes: promotes, forbidsPublisher: forbidsPublisher)
    }

    func production() throws -> [String] {
        try registry.snapshot().aliases.map { "\($0.alias) \($0.version)" }
    }
}

struct RegistryRolloutTests {
    @Test func keepsEveryStepWithItsReason() throws {
        let fixture = try RolloutFixture()
        let registry = fixture.registry
        let begun = try registry.start(RolloutFixture.draft(plan: #"{"steps":[0.5]}"#))
        #expect(begun.id == 1)
        #expect(begun.sequence == 0)
        #expect(begun.createdBy == "ann")
        #expect(!begun.isTerminal)
        #expect(begun.plan == #"{"steps":[0.5]}"#)
        let moved = try registry.move(RolloutFixture.move(expecting: 0, to: "canary:0"))
        #expect(moved.sequence == 1)
        #expect(moved.state == "canary:0")
        #expect(try registry.rollout(1) == moved)
        #expect(try registry.rollouts() == [moved])
        #expect(try registry.snapshot().rollouts == [moved])
        let events = try registry.rolloutEvents(of: 1)
        #expect(events.map(\.from) == ["", "accepted"])
        #expect(events.map(\.to) == ["accepted", "canary:0"])
        #expect(events.map(\.reason) == ["new features", "because"])
        #expect(events[1].evidence == #"[{"name":"pairs","value":1.5}]"#)
        #expect(events[1].actor == "controller")
        #expect(try registry.verify().isEmpty)
    }

    @Test func movesProductionWithAPromotion() throws {
        let fixture = try RolloutFixture()
        _ = try fixture.registry.start(RolloutFixture.draft())
        let ended = try fixture.registry.move(
            RolloutFixture.move(expecting: 0, to: "promoted", isTerminal: true, promotes: 2))
        #expect(ended.isTerminal)
        #expect(try fixture.production() == ["previous 1", "production 2"])
        let move = try fixture.registry.history(of: ModelName("m"), alias: .production).first
        #expect(move?.reason == "rollout 1: because")
        #expect(try fixture.registry.verify().isEmpty)
    }

    /// Production was moved by hand meanwhile: neither it nor the rollout moves.
    @Test func promotesNothingFromElsewhere() throws {
        let fixture = try RolloutFixture()
        let begun = try fixture.registry.start(RolloutFixture.draft())
        try fixture.registry.move(
            .production, of: ModelName("m"), to: 3, actor: "ann", reason: "by hand")
        #expect(
            throws: RegistryError.conflict(
                alias: "production", expected: "version 1", found: "version 3")
        ) {
            try fixture.registry.move(
                RolloutFixture.move(expecting: 0, to: "promoted", isTerminal: true, promotes: 2))
        }
        #expect(try fixture.registry.rollout(1) == begun)
        #expect(try fixture.registry.rolloutEvents(of: 1).count == 1)
        #expect(try fixture.production() == ["previous 1", "production 3"])
        #expect(try fixture.registry.verify().isEmpty)
    }

    @Test func movesOnlyFromTheExpectedEvent() throws {
        let fixture = try RolloutFixture()
        _ = try fixture.registry.start(RolloutFixture.draft())
        _ = try fixture.registry.move(RolloutFixture.move(expecting: 0, to: "canary:0"))
        #expect(throws: RegistryError.rolloutConflict(id: 1, expected: 0, found: 1)) {
            try fixture.registry.move(RolloutFixture.move(expecting: 0, to: "canary:1"))
        }
        #expect(throws: RegistryError.unknownRollout(7)) {
            try fixture.registry.move(RolloutFixture.move(7, expecting: 0, to: "canary:1"))
        }
        #expect(throws: RegistryError.unknownRollout(7)) { try fixture.registry.rollout(7) }
        #expect(throws: RegistryError.unknownRollout(7)) {
            try fixture.registry.rolloutEvents(of: 7)
        }
    }

    @Test func reopensNothing() throws {
        let fixture = try RolloutFixture()
        _ = try fixture.registry.start(RolloutFixture.draft())
        _ = try fixture.registry.move(
            RolloutFixture.move(expecting: 0, to: "rolled_back:error", isTerminal: true))
        #expect(throws: RegistryError.rolloutEnded(id: 1, state: "rolled_back:error")) {
            try fixture.registry.move(RolloutFixture.move(expecting: 1, to: "canary:0"))
        }
        #expect(try fixture.registry.start(RolloutFixture.draft()).id == 2)
        #expect(try fixture.registry.rollouts().map(\.id) == [2, 1])
    }

    @Test func hasOneActiveRolloutForEachModel() throws {
        let fixture = try RolloutFixture()
        let registry = fixture.registry
        _ = try registry.start(RolloutFixture.draft())
        #expect(throws: RegistryError.rolloutActive(model: "m", id: 1)) {
            try registry.start(RolloutFixture.draft(candidate: 3))
        }
        #expect(try registry.rollouts().count == 1)
        let second = try registry.start(RolloutFixture.draft(candidate: 3, supersedes: true))
        #expect(second.id == 2)
        let first = try registry.rollout(1)
        #expect(first.state == "superseded")
        #expect(first.isTerminal)
        #expect(first.reason == "superseded by rollout 2")
        #expect(try registry.rolloutEvents(of: 1).last?.actor == "ann")
        #expect(try registry.verify().isEmpty)
    }

    /// A draft that is refused ends no other rollout.
    @Test func supersedesNothingForARefusedDraft() throws {
        let fixture = try RolloutFixture()
        let begun = try fixture.registry.start(RolloutFixture.draft())
        #expect(throws: RegistryError.self) {
            try fixture.registry.start(RolloutFixture.draft(kind: "none", supersedes: true))
        }
        #expect(try fixture.registry.rollouts() == [begun])
        #expect(try fixture.registry.verify().isEmpty)
    }

    @Test func beginsOnlyFromWhatThereIs() throws {
        let fixture = try RolloutFixture()
        #expect(throws: RegistryError.unknownVersion("m", 9)) {
            try fixture.registry.start(RolloutFixture.draft(candidate: 9))
        }
        #expect(
            throws: RegistryError.conflict(
                alias: "production", expected: "version 2", found: "version 1")
        ) { try fixture.registry.start(RolloutFixture.draft(stable: 2, candidate: 3)) }
        #expect(try fixture.registry.rollouts().isEmpty)
        #expect(try fixture.registry.verify().isEmpty)
    }

    @Test func keepsAPublisherFromApproving() throws {
        let fixture = try RolloutFixture()
        _ = try fixture.registry.start(RolloutFixture.draft())
        func approve(by actor: String, forbidsPublisher: Bool = true) throws {
            _ = try fixture.registry.move(
                RolloutFixture.move(
                    expecting: 0, to: "promoted", isTerminal: true, actor: actor, promotes: 2,
                    forbidsPublisher: forbidsPublisher))
        }
        #expect(
            throws: RegistryError.publisherCannotApprove(model: "m", version: 2, publisher: "bob")
        ) { try approve(by: "bob") }
        #expect(try fixture.production() == ["production 1"])
        try approve(by: "ann")
        #expect(try fixture.production() == ["previous 1", "production 2"])
    }

    @Test func letsAPublisherApproveWhereNothingForbidsIt() throws {
        let fixture = try RolloutFixture()
        _ = try fixture.registry.start(RolloutFixture.draft())
        _ = try fixture.registry.move(
            RolloutFixture.move(
                expecting: 0, to: "promoted", isTerminal: true, actor: "bob", promotes: 2))
        #expect(try fixture.production() == ["previous 1", "production 2"])
    }

    /// Two servers see the same state and both move: one does, whichever comes first.
    @Test func letsOneOfManyMove() async throws {
        let fixture = try RolloutFixture()
        _ = try fixture.registry.start(RolloutFixture.draft())
        let path = fixture.folder.registry
        for round in 0..<5 {
            let winners = try await withThrowingTaskGroup(of: Int.self) { group in
                for server in 0..<4 {
                    group.addTask {
                        let registry = try Registry(path: path, mode: .readWrite)
                        do throws(RegistryError) {
                            _ = try registry.move(
                                RolloutFixture.move(
                                    expecting: round, to: "canary:\(round)",
                                    actor: "server \(server)"))
                            return 1
                        } catch {
                            let conflict = RegistryError.rolloutConflict(
                                id: 1, expected: round, found: round + 1)
                            guard error == conflict else { throw error }
                            return 0
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(winners == 1)
        }
        #expect(try fixture.registry.rolloutEvents(of: 1).map(\.sequence) == Array(0...5))
        #expect(try fixture.registry.verify().isEmpty)
    }

    @Test func namesEveryActiveRolloutAndTheNewestOthers() throws {
        let fixture = try RolloutFixture()
        for _ in 1...105 {
            _ = try fixture.registry.start(RolloutFixture.draft(supersedes: true))
        }
        #expect(try fixture.registry.rollouts().map(\.id) == Array((1...105).reversed()))
        #expect(try fixture.registry.snapshot().rollouts.map(\.id) == Array((5...105).reversed()))
    }
}
