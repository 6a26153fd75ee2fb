// SPDX-License-Identifier: Apache-2.0
import Rollout
import Testing

struct RolloutCommandTests {
    @Test func nothingHappensBeforeTheStart() throws {
        var journey = try Journey()
        journey.pairs(100, candidateFails: true)
        journey.tick(after: 5000)
        #expect(journey.transitions.isEmpty)
        #expect(journey.controller.routing == .stableOnly)
        journey.keep(journey.controller.start(at: journey.now))
        #expect(journey.controller.start(at: journey.now) == nil)
        #expect(journey.controller.routing == .stableOnly)
        journey.keep(journey.controller.verified(false, at: journey.now))
        #expect(journey.state == .rolledBack(.verification))
    }

    @Test func withoutShadowItBeginsWithUsers() throws {
        var journey = try Journey { $0.hasShadow = false }
        journey.begin()
        #expect(journey.state == .running(.canary(step: 0)))
        #expect(journey.controller.routing.candidateWeight.basisPoints == 100)
        #expect(journey.controller.routing.watchShare == .none)
        journey = try Journey {
            $0.hasShadow = false
            $0.steps = [.all]
        }
        journey.begin()
        #expect(journey.state == .running(.bake))
    }

    /// Without copies the stable version's own outcomes end the quarantine, at the first step.
    @Test func withoutShadowQuarantineEndsSmall() throws {
        var journey = try Journey { $0.hasShadow = false }
        journey.begin()
        journey.passSteps(3)
        #expect(journey.state == .running(.canary(step: 3)))
        while case .running = journey.state { journey.requests(1, candidateFails: true) }
        #expect(journey.state == .quarantined(.canary(step: 3)))
        #expect(journey.controller.routing == .stableOnly)
        journey.requests(664)
        journey.tick()
        #expect(journey.state == .running(.canary(step: 0)))
    }

    static let commands: [(Command, RolloutState)] = [
        (.pause, .paused(.canary(step: 0), .operator)), (.promote, .promoted),
        (.rollBack, .rolledBack(.operator)), (.abort, .aborted), (.supersede, .superseded),
    ]

    @Test(arguments: commands)
    func obeys(command: Command, state: RolloutState) throws {
        var journey = try Journey()
        journey.passShadow()
        #expect(journey.controller.obey(.resume, at: journey.now) == nil)
        journey.keep(journey.controller.obey(command, at: journey.now))
        #expect(journey.state == state)
        #expect(journey.controller.obey(command, at: journey.now) == nil)
    }

    @Test func aPauseKeepsTheWeightAndGoesOn() throws {
        var journey = try Journey()
        journey.passShadow()
        journey.keep(journey.controller.obey(.pause, at: journey.now))
        #expect(journey.controller.routing.candidateWeight.basisPoints == 100)
        for _ in 0..<3000 { journey.tick() }
        #expect(journey.state == .paused(.canary(step: 0), .operator))
        journey.keep(journey.controller.obey(.resume, at: journey.now))
        #expect(journey.state == .running(.canary(step: 0)))
    }

    /// Paused is not blind: a candidate with users is still suspected.
    @Test func aPausedCandidateIsStillSuspected() throws {
        var journey = try Journey()
        journey.passShadow()
        journey.keep(journey.controller.obey(.pause, at: journey.now))
        for _ in 0..<2000 where journey.state == .paused(.canary(step: 0), .operator) {
            journey.requests(1, candidateFails: true)
        }
        #expect(journey.state == .quarantined(.canary(step: 0)))
    }

    @Test func aSampleRatioMismatchPausesAndBlamesNoOne() throws {
        var journey = try Journey()
        journey.passShadow()
        let weight = journey.controller.routing.candidateWeight
        // Half of the candidate's requests are lost somewhere: 1 % became 0.5 %.
        for number in 0..<20_000 {
            let key = Journey.salt.hash(UInt64(5_000_000 + number))
            let isCandidate = weight.contains(key)
            if isCandidate, number.isMultiple(of: 2) { continue }
            journey.see(
                .routed(
                    RoutedOutcome(
                        isCandidate: isCandidate, key: key, isSticky: true, weight: weight,
                        hasFailed: false)))
        }
        journey.tick()
        #expect(journey.state == .paused(.canary(step: 0), .sampleRatio))
        journey.keep(journey.controller.obey(.resume, at: journey.now))
        journey.tick()
        #expect(journey.state == .running(.canary(step: 0)))
    }

    // MARK: Several servers

    @Test func followsTheRegistry() throws {
        var here = try Journey()
        here.passShadow()
        var there = here
        while case .running = there.state { there.requests(1, candidateFails: true) }
        let moved = there.controller.sequence
        let isNews = here.controller.adopt(there.state, sequence: moved)
        #expect(isNews)
        #expect(here.state == there.state)
        #expect(here.controller.routing == there.controller.routing)
        #expect(here.controller.suspicions == 1)
        let isNewsAgain = here.controller.adopt(.promoted, sequence: moved)
        #expect(!isNewsAgain)
        let isElsewhere = here.controller.adopt(.running(.canary(step: 4)), sequence: moved + 1)
        #expect(!isElsewhere)
        // Both clear it; each by its own copies.
        here.pairs(664)
        here.tick()
        #expect(here.state == .running(.canary(step: 0)))
        let isBack = there.controller.adopt(here.state, sequence: here.controller.sequence)
        #expect(isBack && there.state == here.state)
        let isOver = here.controller.adopt(.rolledBack(.pairedError), sequence: moved + 9)
        #expect(isOver && here.controller.verdict == .fail)
        let isReopened = here.controller.adopt(.running(.bake), sequence: moved + 99)
        #expect(!isReopened)
    }

    /// A clock that goes back stands still.
    @Test func timeNeverRunsBack() throws {
        var journey = try Journey()
        journey.begin()
        let before = journey.now
        journey.now = 0
        journey.tick()
        journey.now = before
        journey.tick(after: 3)
        #expect(journey.state == .running(.shadow))
        #expect(journey.controller.tick(at: .max)?.to == .expired)
    }
}
