// SPDX-License-Identifier: Apache-2.0
import Rollout
import Testing

struct RolloutControllerTests {
    @Test func aGoodCandidateIsPromoted() throws {
        var journey = try Journey()
        journey.passShadow()
        #expect(journey.state == .running(.canary(step: 0)))
        journey.passSteps(4)
        #expect(journey.state == .running(.bake))
        #expect(journey.controller.routing.candidateWeight == .all)
        journey.passSteps(2)
        for _ in 0..<10 {
            journey.requests(100)
            journey.tick(after: 8)
        }
        for _ in 0..<100 where journey.state != .promoted {
            journey.requests(20)
            journey.tick(after: 8)
        }
        #expect(
            journey.path == [
                "verifying", "shadow", "canary", "canary", "canary", "canary", "bake", "promoted",
            ])
        #expect(journey.controller.verdict == .pass)
        #expect(journey.transitions.map(\.sequence) == Array(1...8))
        let last = try #require(journey.transitions.last)
        #expect(last.measures.first { $0.name == "error_acceptance" }?.isReached == true)
        #expect(last.measures.allSatisfy { $0.value.isFinite })
    }

    @Test func noDataIsNoPassAndNoFailure() throws {
        var journey = try Journey()
        journey.passShadow()
        let step = journey.state
        for _ in 0..<2000 { journey.tick() }
        #expect(journey.state == .paused(.canary(step: 0), .telemetryGap))
        #expect(journey.controller.verdict == .inconclusive)
        journey.keep(journey.controller.observe(Batch(), at: journey.now))
        #expect(journey.state == step)
        // Heartbeats without requests: the deadline asks an operator.
        for _ in 0..<2000 {
            journey.keep(journey.controller.observe(Batch(), at: journey.now))
            journey.tick()
        }
        #expect(journey.state == .paused(.canary(step: 0), .deadline))
        journey.keep(journey.controller.obey(.resume, at: journey.now))
        #expect(journey.state == step)
    }

    @Test(arguments: [
        (InconclusivePolicy.rollBack, RolloutState.rolledBack(.deadline)),
        (.promote, .running(.canary(step: 0))),
    ])
    func deadlinesFollowThePolicy(policy: InconclusivePolicy, state: RolloutState) throws {
        var journey = try Journey { $0.onInconclusive = policy }
        journey.begin()
        for _ in 0..<1801 where journey.state == .running(.shadow) {
            journey.keep(journey.controller.observe(Batch(), at: journey.now))
            journey.tick()
        }
        #expect(journey.state == state)
    }

    @Test func theWholeDeadlineExpires() throws {
        var journey = try Journey { $0.deadline = 100 * Journey.second }
        journey.begin()
        journey.keep(journey.controller.obey(.pause, at: journey.now))
        journey.tick(after: 100)
        #expect(journey.state == .expired)
        #expect(journey.controller.obey(.resume, at: journey.now) == nil)
        #expect(journey.controller.routing == .stableOnly)
    }

    /// Two failures in a user's way, twelve copies: suspected, then convicted.
    @Test func aDeadCandidateIsQuarantinedAndConvicted() throws {
        var journey = try Journey()
        journey.passShadow()
        var answers = 0
        while journey.state == .running(.canary(step: 0)) {
            let before = journey.controller.counts.candidateFailures
            journey.requests(1, candidateFails: true)
            answers += Int(journey.controller.counts.candidateFailures - before)
        }
        #expect(journey.state == .quarantined(.canary(step: 0)))
        #expect(answers <= 5)
        #expect(journey.controller.routing.candidateWeight == .none)
        #expect(journey.controller.routing.shadowShare == .all)
        var pairs = 0
        while !journey.state.isTerminal, pairs < 100 {
            journey.pairs(1, candidateFails: true)
            pairs += 1
        }
        // 2,000 silent pairs are no discordant ones: as from a fresh start.
        #expect(pairs == 13)
        #expect(journey.state == .rolledBack(.pairedError))
        #expect(journey.controller.verdict == .fail)
        #expect(journey.controller.routing == .stableOnly)
        #expect(journey.controller.observe(Batch(), at: journey.now) == nil)
    }

    @Test func aClearedCandidateGoesBackToItsStep() throws {
        var journey = try Journey()
        journey.passShadow()
        journey.passSteps(3)
        while case .running = journey.state { journey.requests(1, candidateFails: true) }
        #expect(journey.state == .quarantined(.canary(step: 3)))
        journey.pairs(663)
        journey.tick()
        #expect(journey.state == .quarantined(.canary(step: 3)))
        journey.pairs(1)
        journey.tick()
        #expect(journey.state == .running(.canary(step: 3)))
        #expect(journey.transitions.last?.reason == .recovered)
        // What was good before no longer promotes.
        let acceptance = journey.controller.measures.first { $0.name == "error_acceptance" }
        #expect(acceptance?.value == 1)
    }

    /// Two failures make it suspect; four of four keys at 1 % of the traffic convict it.
    @Test func blameBesideTrafficConvictsOnTheSpot() throws {
        var journey = try Journey()
        journey.passShadow()
        for _ in 0..<4 { journey.requests(1, candidateFails: true, key: Self.candidateKey()) }
        #expect(journey.controller.counts.candidateFailures == 2)
        #expect(journey.state == .quarantined(.canary(step: 0)))
        // Without suspicion before it, as when fallbacks fail too.
        journey = try Journey()
        journey.passShadow()
        var failures = 0
        while !journey.state.isTerminal, failures < 50 {
            journey.requests(
                1, candidateFails: true, fallback: .failed, key: Self.candidateKey(failures))
            failures += 1
        }
        #expect(journey.state == .rolledBack(.relativeError))
        #expect(failures == 4)
    }

    /// The same user a thousand times is one user.
    @Test func oneAbusiveUserConvictsNoOne() throws {
        var journey = try Journey()
        journey.passShadow()
        journey.requests(
            1000, candidateFails: true, fallback: .failed, key: Self.candidateKey())
        #expect(journey.state == .running(.canary(step: 0)))
        let blame = try #require(journey.controller.measures.first)
        #expect(blame.name == "relative_error" && blame.value < 20)
    }

    /// A key of bucket 0…99, so of every canary.
    static func candidateKey(_ number: Int = 0) -> KeyHash { KeyHash(UInt64(number) * 10_000 + 7) }

    @Test func theFourthSuspicionAsksAnOperator() throws {
        var journey = try Journey()
        journey.passShadow()
        journey.passSteps(3)
        for round in 1...4 {
            while case .running = journey.state { journey.requests(1, candidateFails: true) }
            guard round < 4 else { break }
            journey.pairs(664)
            journey.tick()
        }
        #expect(journey.state == .paused(.canary(step: 3), .repeatedSuspicion))
        #expect(journey.controller.routing.candidateWeight == .none)
        journey.keep(journey.controller.obey(.resume, at: journey.now))
        #expect(journey.state == .running(.canary(step: 3)))
        #expect(journey.controller.suspicions == 0)
    }

    @Test func anUnresolvedQuarantineRollsBack() throws {
        var journey = try Journey { $0.quarantineDeadline = 60 * Journey.second }
        journey.passShadow()
        while case .running = journey.state { journey.requests(1, candidateFails: true) }
        for _ in 0..<70 where !journey.state.isTerminal {
            journey.pairs(5)
            journey.tick()
        }
        #expect(journey.state == .rolledBack(.unresolved))
    }

    /// Both versions fail: no one is accused, the stable version's trouble pauses.
    @Test func sharedTroublePauses() throws {
        var journey = try Journey()
        journey.passShadow()
        journey.passSteps(3)
        while case .running = journey.state {
            journey.requests(1, candidateFails: true, stableFails: true, fallback: .failed)
        }
        #expect(journey.state == .paused(.canary(step: 3), .stableTrouble))
        #expect(journey.controller.routing.candidateWeight == .none)
        for _ in 0..<60 {
            journey.requests(100, stableFails: true)
            if journey.controller.candidateComputes {
                journey.pairs(20, candidateFails: true, stableFails: true)
            }
            journey.tick()
        }
        #expect(journey.state == .paused(.canary(step: 3), .stableTrouble))
        for _ in 0..<30 where journey.state != .running(.canary(step: 3)) {
            journey.requests(700)
            journey.tick()
        }
        #expect(journey.state == .running(.canary(step: 3)))
    }

    /// Stable is bad only while the candidate computes: no pair shows it, the coin does.
    @Test func aHarmfulCandidateIsConvictedByTheCoin() throws {
        var journey = try Journey()
        journey.passShadow()
        journey.passSteps(3)
        while case .running = journey.state {
            journey.requests(1, candidateFails: true, stableFails: true, fallback: .failed)
        }
        var windows = 0
        while !journey.state.isTerminal, windows < 100 {
            let isOn = journey.controller.candidateComputes
            journey.requests(700, stableFails: isOn)
            if isOn { journey.pairs(20, candidateFails: true, stableFails: true) }
            journey.tick(after: 2)
            windows += 1
        }
        #expect(journey.state == .rolledBack(.harm))
        #expect(windows < 60)
    }

    @Test func flippedLabelsAreConvictedInShadow() throws {
        var journey = try Journey()
        journey.begin()
        for _ in 0..<100 where !journey.state.isTerminal { journey.pairs(1, disagrees: true) }
        #expect(journey.state == .rolledBack(.disagreement))
    }

    @Test func disagreementKeepsInShadow() throws {
        var journey = try Journey()
        journey.begin()
        for round in 0..<400 where !journey.state.isTerminal {
            journey.pairs(9)
            journey.pairs(1, disagrees: round.isMultiple(of: 2) || round.isMultiple(of: 3))
            if round.isMultiple(of: 3) { journey.pairs(1, disagrees: true) }
            journey.tick()
        }
        #expect(journey.state == .running(.shadow))
    }

    @Test func labelsConvict() throws {
        var journey = try Journey()
        journey.passShadow()
        var labels = 0
        while !journey.state.isTerminal, labels < 2000 {
            // Stable is right on 90 %, the candidate on 80 %.
            let label = LabelOutcome(
                key: journey.nextKey(), isSticky: true, candidateIsRight: labels % 10 > 1,
                stableIsRight: labels % 10 > 0)
            journey.see(.label(label))
            labels += 1
        }
        #expect(journey.state == .rolledBack(.labels))
        #expect(labels < 300)
    }

    @Test func oneUsersLabelsConvictNoOne() throws {
        var journey = try Journey()
        journey.passShadow()
        let user = journey.nextKey()
        for _ in 0..<2000 {
            journey.see(
                .label(
                    LabelOutcome(
                        key: user, isSticky: true, candidateIsRight: false, stableIsRight: true)))
        }
        #expect(!journey.state.isTerminal)
    }

    @Test func promotionAwaitsLabelsWhereAsked() throws {
        var journey = try Journey {
            $0.qualityMargin = 0.05
            $0.bakeTime = 60 * Journey.second
        }
        journey.passShadow()
        journey.passSteps(4)
        for _ in 0..<30 {
            journey.requests(50)
            journey.tick(after: 8)
        }
        #expect(journey.state == .running(.bake))
        for index in 0..<1000 {
            journey.see(
                .label(
                    LabelOutcome(
                        key: journey.nextKey(), isSticky: false,
                        candidateIsRight: index % 10 > 0, stableIsRight: index % 10 > 0)))
        }
        journey.requests(50)
        journey.tick()
        #expect(journey.state == .promoted)
    }

    @Test(arguments: [
        (Fuse.crash, Reason.crash), (.outOfMemory, .outOfMemory), (.load, .load),
    ])
    func fusesRollBackAtOnce(fuse: Fuse, reason: Reason) throws {
        var journey = try Journey()
        journey.passShadow()
        journey.keep(journey.controller.blow(fuse))
        #expect(journey.state == .rolledBack(reason))
        #expect(journey.controller.blow(fuse) == nil)
    }
}
