// SPDX-License-Identifier: Apache-2.0
import Registry
import Rollout
import Serving
import Testing

/// A rollout between its controllers and its record: what is done at once, and what waits.
struct LiveRolloutTests {
    private static let plan = """
        {"steps":[0.1,0.5],"shadow_pairs":10,"shadow_seconds":1,"step_seconds":1,"step_requests":10}
        """
    private static let experiment = """
        {"arms":[{"version":1,"weight":0.5},{"version":2,"weight":0.3},{"version":3,"weight":0.2}],
        "exposure":0.8}
        """
    private static let second = Terms.second

    private static func record(
        _ state: String = "verifying", sequence: Int = 0, isTerminal: Bool = false,
        plan: String = plan
    ) -> RolloutRecord {
        let moment = Timestamp(milliseconds: 1_000)
        return RolloutRecord(
            id: 7, model: "m", kind: "canary", stable: 1, candidate: 2, plan: plan,
            salt: "000102030405060708090a0b0c0d0e0f", state: state, isTerminal: isTerminal,
            sequence: sequence, reason: "", createdAt: moment, createdBy: "me", updatedAt: moment)
    }

    /// In its first step, recorded.
    private static func canary() throws -> LiveRollout {
        try LiveRollout(record("canary:0", sequence: 2), at: second)
    }

    private static func failures(_ count: Int) -> Batch {
        var batch = Batch()
        for index in 0..<count {
            var outcome = RoutedOutcome(
                isCandidate: true, key: KeyHash(UInt64(index)), isSticky: true,
                weight: Weight(basisPoints: 1000) ?? .none, hasFailed: true)
            outcome.fallback = .answered
            batch.observations.append(.routed(outcome))
        }
        return batch
    }

    @Test func exposesNobodyBeforeItIsRecorded() throws {
        var live = try LiveRollout(Self.record(), at: 0)
        #expect(live.isVerifying)
        live.verified(true, nil, at: Self.second)
        #expect(live.stateText == "shadow")
        #expect(live.routings == [.stableOnly])
        #expect(live.steps.map(\.to) == ["shadow"])
        live.recorded(Self.record("shadow", sequence: 1))
        #expect(live.steps.isEmpty)
        #expect(live.routings[0].shadowShare == .all)
    }

    @Test func takesAFailingCandidateOffTrafficBeforeItIsRecorded() throws {
        var live = try Self.canary()
        #expect(live.routings[0].candidateWeight == Weight(basisPoints: 1000))
        live.observe(Self.failures(2), candidate: 0, at: 2 * Self.second)
        #expect(live.stateText == "quarantined:canary:0")
        #expect(live.routings[0].candidateWeight == .none)
        #expect(live.routings[0].shadowShare == .all)
        #expect(live.steps.map(\.to) == ["quarantined:canary:0"])
        #expect(live.steps[0].reason == "suspicion")
    }

    @Test func insistsWhereAnotherServerWentOn() throws {
        var live = try Self.canary()
        live.observe(Self.failures(2), candidate: 0, at: 2 * Self.second)
        live.conflicted(with: Self.record("canary:1", sequence: 3))
        #expect(live.stateText == "quarantined:canary:0")
        #expect(live.routings[0].candidateWeight == .none)
        #expect(live.record.sequence == 3)
        #expect(live.steps.map(\.to) == ["quarantined:canary:0"])
    }

    @Test func followsWhereAnotherServerHasConvicted() throws {
        var live = try Self.canary()
        live.observe(Self.failures(2), candidate: 0, at: 2 * Self.second)
        live.conflicted(
            with: Self.record("rolled_back:paired_error", sequence: 3, isTerminal: true))
        #expect(live.stateText == "rolled_back:paired_error")
        #expect(live.steps.isEmpty)
        #expect(live.routings == [.stableOnly])
        #expect(live.verdict == .fail)
    }

    /// A pause keeps its step's share, which is more than another server's quarantine leaves.
    @Test func doesNotPauseOverAQuarantine() throws {
        var live = try Self.canary()
        let hasApplied = live.obey(
            .pause, version: nil, actor: "me", reason: nil, at: 2 * Self.second)
        #expect(hasApplied)
        live.conflicted(with: Self.record("quarantined:canary:0", sequence: 3))
        #expect(live.stateText == "quarantined:canary:0")
        #expect(live.routings[0].candidateWeight == .none)
        #expect(live.steps.isEmpty)
    }

    @Test func pausesBeforeAStepIsRecordedAtWhatWasShownBefore() throws {
        let plan = "{\"steps\":[0.1],\"shadow\":false}"
        var live = try LiveRollout(Self.record(plan: plan), at: 0)
        live.verified(true, nil, at: Self.second)
        _ = live.obey(.pause, version: nil, actor: "me", reason: nil, at: 2 * Self.second)
        #expect(live.steps.map(\.to) == ["canary:0", "paused:canary:0:operator"])
        #expect(live.routings == [.stableOnly])
        live.recorded(Self.record("canary:0", sequence: 1, plan: plan))
        #expect(live.routings == [.stableOnly])
        live.recorded(Self.record("paused:canary:0:operator", sequence: 2, plan: plan))
        #expect(live.routings[0].candidateWeight == Weight(basisPoints: 1000))
    }

    /// One word stands for all its candidates.
    @Test func endsAnExperimentThatWasSupersededMeanwhile() throws {
        var live = try LiveRollout(
            Self.record("canary:0 canary:0", sequence: 2, plan: Self.experiment), at: 0)
        _ = live.obey(.pause, version: nil, actor: "me", reason: nil, at: 1)
        live.conflicted(
            with: Self.record("superseded", sequence: 3, isTerminal: true, plan: Self.experiment))
        #expect(live.stateText == "superseded superseded")
        #expect(live.routings == [.stableOnly, .stableOnly])
    }

    /// A promotion that was not recorded is none, whoever was first.
    @Test func takesAPromotionBack() throws {
        var live = try Self.canary()
        let hasApplied = live.obey(
            .promote, version: nil, actor: "me", reason: "because", at: 2 * Self.second)
        #expect(hasApplied)
        #expect(live.steps[0].promotes == 2)
        #expect(live.steps[0].reason == "operator: because")
        #expect(live.routings[0].candidateWeight == Weight(basisPoints: 1000))
        live.conflicted(with: Self.record("quarantined:canary:0", sequence: 3))
        #expect(live.stateText == "quarantined:canary:0")
        #expect(live.routings[0].candidateWeight == .none)
        #expect(live.steps.isEmpty)
        // And what follows is not ended by the time that the clock has run.
        live.tick(at: 900_000 * Self.second)
        #expect(live.stateText == "quarantined:canary:0")
    }

    @Test func givesUpAPromotionWhoseProductionHasMoved() throws {
        var live = try Self.canary()
        _ = live.obey(.promote, version: nil, actor: "me", reason: nil, at: 2 * Self.second)
        live.abandon("production was moved")
        #expect(live.routings == [.stableOnly])
        #expect(live.steps.map(\.to) == ["superseded"])
        #expect(live.steps[0].promotes == nil)
        live.recorded(Self.record("superseded", sequence: 3, isTerminal: true))
        #expect(live.routings[0].candidateWeight == .none)
    }

    @Test func adoptsOnlyNews() throws {
        var live = try Self.canary()
        let isOldNews = live.adopt(Self.record("canary:1", sequence: 2))
        #expect(!isOldNews)
        #expect(live.stateText == "canary:0")
        let isNews = live.adopt(Self.record("canary:1", sequence: 3))
        #expect(isNews)
        #expect(live.stateText == "canary:1")
        #expect(live.routings[0].candidateWeight == Weight(basisPoints: 5000))
    }

    @Test func goesOnWithItsEvidence() throws {
        var live = try Self.canary()
        var good = Batch()
        good.candidateGood = 500
        live.observe(good, candidate: 0, at: 2 * Self.second)
        let bytes = live.controllers[0].snapshot
        var restarted = try Self.canary()
        restarted.restore(bytes, candidate: 0, recordedSequence: 2)
        #expect(restarted.controllers[0].counts.candidateRequests == 500)
        #expect(restarted.stateText == "canary:0")
        #expect(restarted.steps.isEmpty)
    }

    /// Killed between a suspicion and its record: it is recorded by the next life.
    @Test func recordsWhatItHadNoTimeToRecord() throws {
        var live = try Self.canary()
        live.observe(Self.failures(2), candidate: 0, at: 2 * Self.second)
        let bytes = live.controllers[0].snapshot
        var restarted = try Self.canary()
        restarted.restore(bytes, candidate: 0, recordedSequence: 2)
        #expect(restarted.stateText == "quarantined:canary:0")
        #expect(restarted.routings[0].candidateWeight == .none)
        #expect(restarted.steps.map(\.to) == ["quarantined:canary:0"])
        // Unless another server has gone on meanwhile.
        var overtaken = try LiveRollout(Self.record("canary:1", sequence: 3), at: 0)
        overtaken.restore(bytes, candidate: 0, recordedSequence: 2)
        #expect(overtaken.stateText == "canary:1")
        #expect(overtaken.steps.isEmpty)
    }

    /// Also where another server has gone on: it is over, and that is recorded.
    @Test func recordsAnEndThatItHadNoTimeToRecord() throws {
        var live = try Self.canary()
        _ = live.obey(.rollBack, version: nil, actor: "me", reason: nil, at: 2 * Self.second)
        let bytes = live.controllers[0].snapshot
        var restarted = try LiveRollout(Self.record("canary:1", sequence: 3), at: 0)
        restarted.restore(bytes, candidate: 0, recordedSequence: 2)
        #expect(restarted.stateText == "rolled_back:operator")
        #expect(restarted.routings == [.stableOnly])
        #expect(restarted.steps.map(\.isTerminal) == [true])
    }

    @Test func forgetsAPromotionThatWasNotRecorded() throws {
        var live = try Self.canary()
        _ = live.obey(.promote, version: nil, actor: "me", reason: nil, at: 2 * Self.second)
        let bytes = live.controllers[0].snapshot
        var restarted = try Self.canary()
        restarted.restore(bytes, candidate: 0, recordedSequence: 2)
        #expect(restarted.stateText == "canary:0")
        #expect(restarted.routings[0].candidateWeight == Weight(basisPoints: 1000))
    }

    @Test func promotesOneArmOfAnExperiment() throws {
        var live = try LiveRollout(
            Self.record("canary:0 canary:0", sequence: 2, plan: Self.experiment), at: 0)
        #expect(live.versions == [2, 3])
        // 0.3 beside 0.5, and 0.2 beside 0.5.
        #expect(live.routings.map(\.candidateWeight.basisPoints) == [3750, 2857])
        let isVague = live.obey(.promote, version: nil, actor: "me", reason: nil, at: 1)
        #expect(!isVague)
        let isUnknown = live.obey(.promote, version: 9, actor: "me", reason: nil, at: 1)
        #expect(!isUnknown)
        #expect(live.stateText == "canary:0 canary:0")
        let hasApplied = live.obey(.promote, version: 3, actor: "me", reason: nil, at: 1)
        #expect(hasApplied)
        #expect(live.stateText == "superseded promoted")
        #expect(live.steps.map(\.promotes) == [3])
        #expect(live.isTerminal)
        #expect(live.verdict == .pass)
    }

    @Test func refusesWhatNoServerWrote() {
        #expect(throws: RolloutProblem.malformedRecord("plan")) {
            try LiveRollout(Self.record(plan: "{"), at: 0)
        }
        #expect(throws: RolloutProblem.self) {
            try LiveRollout(Self.record(plan: "{\"stepps\":[]}"), at: 0)
        }
    }
}
