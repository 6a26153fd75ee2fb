// SPDX-License-Identifier: Apache-2.0
import Rollout

/// What is simulated, each with its seeds, as lines of JSON.
struct Experiments {
    /// A rollout in minutes rather than hours; nothing about the evidence is changed.
    static func quickPlan(_ change: (inout Terms) -> Void = { _ in }) throws -> RolloutPlan {
        var terms = Terms()
        terms.steps = [500, 2500, 5000].compactMap(Weight.init(basisPoints:))
        terms.shadowTime = 20 * Terms.second
        terms.stepTime = 30 * Terms.second
        terms.bakeTime = 60 * Terms.second
        change(&terms)
        return try RolloutPlan(terms)
    }

    /// A plan that stays at one weight, to measure at it.
    static func heldPlan(percent: Int, deadline: UInt64 = 1_000_000) throws -> RolloutPlan {
        try quickPlan { terms in
            terms.steps = [Weight(percent: percent) ?? .none]
            terms.stepTime = deadline * Terms.second
            terms.stepDeadline = (deadline + 1) * Terms.second
            terms.quarantineDeadline = deadline * Terms.second
            terms.deadline = 2 * deadline * Terms.second
        }
    }

    // MARK: Equal versions

    struct Null {
        let name: String
        let conditions: Conditions
    }

    static let nulls: [Null] = {
        func make(_ name: String, _ change: (inout Conditions) -> Void) -> Null {
            var conditions = Conditions()
            change(&conditions)
            return Null(name: name, conditions: conditions)
        }
        return [
            make("0.1 %") { _ in },
            make("0.25 %") {
                $0.stableRate = 0.0025
                $0.candidateRate = 0.0025
            },
            make("2 %") {
                $0.stableRate = 0.02
                $0.candidateRate = 0.02
            },
            make("0.1 %, heavy-tailed keys") { $0.hasHeavyKeys = true },
            make("heavy-tailed keys, 1 % of them failing 20 %") {
                $0.hasHeavyKeys = true
                $0.badKeys = (0.01, 0.2)
            },
        ]
    }()

    /// Whole rollouts of equal versions.
    static func falseRollbacks(runs: Int) throws -> [String] {
        let plan = try quickPlan()
        return nulls.enumerated().map { index, null in
            var ends: [String: Int] = [:]
            var quarantined = 0
            var total = 0
            for run in 0..<runs {
                var world = World(
                    plan: plan, conditions: null.conditions,
                    seed: UInt64(1_000_000 * (index + 1) + run))
                while !world.state.isTerminal, world.requests < 60_000 { world.step() }
                ends[describe(world.state), default: 0] += 1
                if world.controller.suspicions > 0 { quarantined += 1 }
                total += world.requests
            }
            return line(
                "null", ["name": null.name],
                [
                    "runs": runs, "quarantined": quarantined,
                    "requests": total / runs,
                ], ends)
        }
    }

    // MARK: Detection

    static func detection(rate: Double, late: Bool, percent: Int, runs: Int) throws -> String {
        var conditions = Conditions()
        conditions.faultRate = rate
        conditions.faultAfter = late ? 20_000 : 0
        let plan = try heldPlan(percent: percent)
        var off: [UInt64] = []
        var bad: [UInt64] = []
        var convicted: [UInt64] = []
        var ends: [String: Int] = [:]
        let limit = rate < 0.005 ? 3_000_000 : 1_000_000
        for run in 0..<runs {
            var world = World(
                plan: plan, conditions: conditions,
                seed: UInt64(rate * 1e6) &* 7919 &+ UInt64(percent * 1_000_003 + run)
                    &+ (late ? 1 << 40 : 0))
            var isOff = false
            while !world.state.isTerminal, world.requests < limit {
                world.step()
                if !isOff, let fault = world.faultBegan, world.state.phase != .shadow,
                    world.controller.routing.candidateWeight == .none
                {
                    isOff = true
                    off.append(world.candidateRequests - fault.requests)
                    bad.append(world.badAnswers - fault.bad)
                }
            }
            ends[describe(world.state), default: 0] += 1
            if world.state.isTerminal { convicted.append(world.pairs - world.pairsAtFault) }
        }
        return line(
            "detection", ["rate": "\(rate)"],
            [
                "late": late ? 1 : 0, "weight": percent, "runs": runs,
                "off_median": quantile(off, 0.5, runs), "off_p90": quantile(off, 0.9, runs),
                "bad_median": quantile(bad, 0.5, runs), "bad_p90": quantile(bad, 0.9, runs),
                "bad_max": off.count == runs ? Int(bad.max() ?? 0) : -1,
                "pairs_median": quantile(convicted, 0.5, runs),
                "pairs_p90": quantile(convicted, 0.9, runs),
            ], ends)
    }

    // MARK: Disturbances

    static let disturbances: [(name: String, change: @Sendable (inout Conditions) -> Void)] = [
        (
            "20 % of attempts fail for 60 s",
            {
                $0.trouble = .transient(0.2)
                $0.troubleRange = 4000..<10_000
            }
        ),
        (
            "20 % of requests fail on both for 60 s",
            {
                $0.trouble = .poisoned(0.2)
                $0.troubleRange = 4000..<10_000
            }
        ),
        (
            "everything fails for 60 s",
            {
                $0.trouble = .poisoned(1)
                $0.troubleRange = 4000..<10_000
            }
        ),
        (
            "shared bursts of 20, 0.1 % of all",
            {
                $0.trouble = .bursts(0.001)
                $0.troubleRange = 4000..<200_000
            }
        ),
        (
            "one abusive user, 1,000 failing requests",
            {
                $0.hasHeavyKeys = true
                $0.abusiveUsers = 1
                $0.troubleRange = 4000..<4001
            }
        ),
        (
            "five abusive users",
            {
                $0.hasHeavyKeys = true
                $0.abusiveUsers = 5
                $0.troubleRange = 4000..<4001
            }
        ),
        (
            "heavy-tailed keys, 1 % of them failing 20 %",
            {
                $0.hasHeavyKeys = true
                $0.badKeys = (0.01, 0.2)
            }
        ),
    ]

    static func disturbance(_ index: Int, percent: Int, hasFallback: Bool, runs: Int) throws
        -> String
    {
        var conditions = Conditions()
        disturbances[index].change(&conditions)
        let plan = try quickPlan { terms in
            terms.steps = [Weight(percent: percent) ?? .none]
            terms.stepTime = 150 * Terms.second
            terms.hasFallback = hasFallback
        }
        var ends: [String: Int] = [:]
        var quarantined = 0
        var paused = 0
        for run in 0..<runs {
            var world = World(
                plan: plan, conditions: conditions,
                seed: UInt64(10_000_000 * (index + 1) + 100_000 * percent + run)
                    &+ (hasFallback ? 0 : 1 << 41))
            while !world.state.isTerminal, world.requests < 60_000 { world.step() }
            ends[describe(world.state), default: 0] += 1
            if world.transitions.contains(where: { $0.to.name == "quarantined" }) {
                quarantined += 1
            }
            if world.transitions.contains(where: { $0.to.name == "paused" }) { paused += 1 }
        }
        return line(
            "disturbance", ["name": disturbances[index].name],
            [
                "weight": percent, "fallback": hasFallback ? 1 : 0, "runs": runs,
                "quarantined": quarantined, "paused": paused,
            ], ends)
    }

    // MARK: Other faults

    static let faults: [(name: String, change: @Sendable (inout Conditions) -> Void)] = [
        ("10 % slower", { $0.slowness = 1.1 }),
        ("25 % slower", { $0.slowness = 1.25 }),
        ("50 % slower", { $0.slowness = 1.5 }),
        ("twice as slow", { $0.slowness = 2 }),
        ("ten times as slow", { $0.slowness = 10 }),
        ("5 % of answers differ", { $0.disagreement = 0.05 }),
        ("20 % of answers differ", { $0.disagreement = 0.2 }),
        ("every answer differs", { $0.disagreement = 1 }),
        (
            "one point less accurate, every pair labelled",
            {
                $0.accuracyDrop = 0.01
                $0.labelEvery = 1
            }
        ),
        (
            "two points less accurate, every pair labelled",
            {
                $0.accuracyDrop = 0.02
                $0.labelEvery = 1
            }
        ),
        ("stable fails 20 % while the candidate computes", { $0.harms = 0.2 }),
        (
            "two points less accurate, every pair labelled, a margin of one point asked",
            {
                $0.accuracyDrop = 0.02
                $0.labelEvery = 1
                $0.qualityMargin = 0.01
            }
        ),
        (
            "equally accurate, every pair labelled, a margin of two points asked",
            {
                $0.labelEvery = 1
                $0.qualityMargin = 0.02
            }
        ),
    ]

    static func fault(_ index: Int, runs: Int) throws -> String {
        var conditions = Conditions()
        faults[index].change(&conditions)
        let plan = try quickPlan { $0.qualityMargin = conditions.qualityMargin }
        var ends: [String: Int] = [:]
        var until: [UInt64] = []
        for run in 0..<runs {
            var world = World(
                plan: plan, conditions: conditions,
                seed: UInt64(50_000_000 + 100_000 * index + run))
            while !world.state.isTerminal, world.requests < 60_000 { world.step() }
            ends[describe(world.state), default: 0] += 1
            if world.state.isTerminal { until.append(UInt64(world.requests)) }
        }
        return line(
            "fault", ["name": faults[index].name],
            [
                "runs": runs, "requests_median": quantile(until, 0.5, runs),
                "requests_p90": quantile(until, 0.9, runs),
            ], ends)
    }

    // MARK: Words

    static func describe(_ state: RolloutState) -> String {
        state.reason.map { "\(state.name):\($0.name)" } ?? state.name
    }

    /// −1 where as many runs have not come so far.
    static func quantile(_ values: [UInt64], _ share: Double, _ runs: Int) -> Int {
        let place = Int(share * Double(runs - 1) + 0.5)
        guard place < values.count else { return -1 }
        return Int(values.sorted()[place])
    }

    static func line(
        _ kind: String, _ texts: [String: String], _ numbers: [String: Int], _ ends: [String: Int]
    ) -> String {
        var fields = ["\"kind\": \"\(kind)\""]
        fields += texts.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \"\($0.value)\"" }
        fields += numbers.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
        let states = ends.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
        fields.append("\"ends\": {\(states.joined(separator: ", "))}")
        return "{\(fields.joined(separator: ", "))}"
    }
}
