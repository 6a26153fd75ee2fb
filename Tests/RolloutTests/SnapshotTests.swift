// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Rollout

struct SnapshotTests {
    /// Controllers in every state that a rollout can be found in.
    static func journeys() throws -> [Journey] {
        var journeys: [Journey] = []
        var journey = try Journey()
        journeys.append(journey)
        journey.keep(journey.controller.start(at: journey.now))
        journeys.append(journey)
        journey.passShadow()
        journeys.append(journey)
        journey.requests(300, stableFails: true, key: KeyHash(9999))
        journey.pairs(3, candidateFails: true)
        journeys.append(journey)
        var other = try Journey()
        other.passShadow()
        other.passSteps(3)
        other.see(
            .label(
                LabelOutcome(
                    key: KeyHash(3), isSticky: true, candidateIsRight: true, stableIsRight: false)))
        while case .running = other.state { other.requests(1, candidateFails: true) }
        journeys.append(other)
        other.pairs(30, candidateFails: true)
        journeys.append(other)
        return journeys
    }

    @Test func aRestoredControllerGoesOnAlike() throws {
        for original in try Self.journeys() {
            let bytes = original.controller.snapshot
            var left = original
            var right = original
            right.controller = try RolloutController(
                plan: original.controller.plan, salt: Journey.salt, snapshot: bytes)
            #expect(right.controller.snapshot == bytes)
            #expect(right.state == left.state)
            #expect(right.controller.measures == left.controller.measures)
            // Another clock: only differences count.
            right.now = 77_000_000_000
            left.controller.timers.begin(at: left.now)
            right.controller.timers.begin(at: right.now)
            for _ in 0..<20 {
                left.pairs(3, candidateFails: true)
                right.pairs(3, candidateFails: true)
                left.requests(40)
                right.requests(40)
                left.tick(after: 3)
                right.tick(after: 3)
            }
            #expect(left.transitions == right.transitions)
            #expect(left.controller.snapshot == right.controller.snapshot)
        }
    }

    @Test func refusesWhatIsDamaged() throws {
        var journey = try Journey()
        journey.passShadow()
        let plan = journey.controller.plan
        let bytes = journey.controller.snapshot
        for length in stride(from: 0, to: bytes.count, by: 37) {
            #expect(throws: SnapshotError.self) {
                try RolloutController(
                    plan: plan, salt: Journey.salt, snapshot: Array(bytes.prefix(length)))
            }
        }
        for position in stride(from: 0, to: bytes.count, by: 41) {
            var damaged = bytes
            damaged[position] ^= 0x10
            #expect(throws: SnapshotError.self) {
                try RolloutController(plan: plan, salt: Journey.salt, snapshot: damaged)
            }
        }
    }

    @Test func refusesAnotherPlanOrSalt() throws {
        let journey = try Journey()
        let bytes = journey.controller.snapshot
        let other = try Journey { $0.alpha = 0.02 }
        #expect(throws: SnapshotError.checksum) {
            try RolloutController(
                plan: other.controller.plan, salt: Journey.salt, snapshot: bytes)
        }
        #expect(throws: SnapshotError.checksum) {
            try RolloutController(
                plan: journey.controller.plan, salt: Salt(low: 0, high: 0), snapshot: bytes)
        }
    }

    @Test(arguments: [
        RolloutState.created, .verifying, .running(.shadow), .running(.canary(step: 63)),
        .running(.bake), .quarantined(.canary(step: 2)), .paused(.bake, .sampleRatio), .promoted,
        .rolledBack(.harm), .expired, .superseded, .aborted,
    ])
    func statesTravel(state: RolloutState) throws {
        var state = state
        var writing = SnapshotCoder()
        try state.transfer(&writing)
        var reading = SnapshotCoder(reading: writing.bytes)
        var read = RolloutState.created
        try read.transfer(&reading)
        try reading.finish()
        #expect(read == state)
        #expect(RolloutState(text: state.text) == state)
    }

    @Test(arguments: [
        ("canary:2", RolloutState.running(.canary(step: 2))), ("shadow", .running(.shadow)),
        ("quarantined:bake", .quarantined(.bake)),
        ("paused:canary:0:stable_trouble", .paused(.canary(step: 0), .stableTrouble)),
        ("rolled_back:paired_error", .rolledBack(.pairedError)), ("promoted", .promoted),
    ])
    func statesAreWords(text: String, state: RolloutState) {
        #expect(state.text == text)
        #expect(RolloutState(text: text) == state)
    }

    @Test(arguments: [
        "", ":", "canary", "canary:", "canary:-1", "canary:64", "canary:02", "canary:1:2", "paused",
        "paused:shadow", "paused:operator", "paused:shadow:nonsense", "rolled_back",
        "rolled_back:shadow:harm", "promoted:1", "quarantined", "quarantined:nowhere", "bakes",
    ])
    func refusesOtherWords(text: String) {
        #expect(RolloutState(text: text) == nil)
    }

    @Test func refusesValuesThatAreNone() throws {
        var infinite = SnapshotCoder(reading: [0, 0, 0, 0, 0, 0, 0xf0, 0x7f])
        var value = 0.0
        #expect(throws: SnapshotError.badValue) { try infinite.transfer(&value) }
        var byte = SnapshotCoder(reading: [2, 9])
        var flag = false
        #expect(throws: SnapshotError.badValue) { try byte.transfer(&flag) }
        #expect(throws: SnapshotError.trailingBytes(1)) { try byte.finish() }
    }
}
