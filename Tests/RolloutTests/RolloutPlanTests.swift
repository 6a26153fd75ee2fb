// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Rollout

struct RolloutPlanTests {
    @Test func defaultsAreAPlan() throws {
        let plan = try RolloutPlan()
        #expect(Self.isNear(plan.convictionThreshold, 700))
        #expect(Self.isNear(plan.acceptanceThreshold, 20))
        #expect(plan.steps.map(\.basisPoints) == [100, 500, 2500, 5000])
        #expect(plan.hasFallback && plan.onInconclusive == .hold)
    }

    static func isNear(_ value: Double, _ expected: Double) -> Bool {
        abs(value - expected) < 1e-9 * expected
    }

    @Test func fewerArmedRulesShareAlpha() throws {
        var terms = Terms()
        terms.armed = [.relativeError, .pairedError]
        #expect(Self.isNear(try RolloutPlan(terms).convictionThreshold, 200))
        terms.judges = 3
        #expect(Self.isNear(try RolloutPlan(terms).convictionThreshold, 600))
    }

    @Test func judgesShareBeta() throws {
        let plan = try RolloutPlan(Self.changed { $0.judges = 3 })
        #expect(Self.isNear(plan.acceptanceThreshold, 60))
    }

    @Test func aLastStepOfAllIsTheBake() {
        var terms = Terms()
        terms.steps = [100, 10_000].compactMap(Weight.init(basisPoints:))
        #expect(terms.canarySteps.map(\.basisPoints) == [100])
    }

    static func changed(_ change: (inout Terms) -> Void) -> Terms {
        var terms = Terms()
        change(&terms)
        return terms
    }

    static func steps(_ points: [Int]) -> Terms {
        changed { $0.steps = points.compactMap(Weight.init(basisPoints:)) }
    }

    static let refused: [(Terms, PlanError)] = [
        (steps([]), .noSteps), (steps([0, 100]), .noSteps),
        (steps([100, 100]), .stepsDoNotGrow(at: 1)),
        (steps([100, 500, 400]), .stepsDoNotGrow(at: 2)),
        (steps(Array(1...65)), .tooManySteps(65)),
        (changed { $0.alpha = 0 }, .outOfRange("alpha", 0)),
        (changed { $0.alpha = 0.6 }, .outOfRange("alpha", 0.6)),
        (changed { $0.beta = 1 }, .outOfRange("beta", 1)),
        (changed { $0.errorLimit = 0.5 }, .outOfRange("error limit", 0.5)),
        (changed { $0.disagreementLimit = 1 }, .outOfRange("disagreement limit", 1)),
        (changed { $0.relativeTolerance = -1 }, .outOfRange("relative tolerance", -1)),
        (changed { $0.suspicionThreshold = 1 }, .outOfRange("suspicion threshold", 1)),
        (changed { $0.sampleRatioThreshold = 0 }, .outOfRange("sample ratio threshold", 0)),
        (changed { $0.qualityMargin = 2 }, .outOfRange("quality margin", 2)),
        (
            changed {
                $0.qualityMargin = 0.01
                $0.hasShadow = false
            }, .marginWithoutPairs
        ),
        (changed { $0.judges = 0 }, .countOutOfRange("judges", 0)),
        (changed { $0.armed = [] }, .nothingArmed),
        (changed { $0.stepDeadline = $0.stepTime }, .deadlineBeforeDwell("step deadline")),
        (changed { $0.deadline = 0 }, .countOutOfRange("deadline", 0)),
        (changed { $0.telemetryGap = 0 }, .countOutOfRange("telemetry gap", 0)),
        (changed { $0.bakeTime = .max }, .countOutOfRange("bake time", .max)),
    ]

    @Test(arguments: refused)
    func refuses(terms: Terms, error: PlanError) {
        #expect(throws: error) { try RolloutPlan(terms) }
    }

    @Test func refusesWhatIsNoNumber() {
        #expect(throws: PlanError.self) {
            try RolloutPlan(Self.changed { $0.alpha = .nan })
        }
    }
}
