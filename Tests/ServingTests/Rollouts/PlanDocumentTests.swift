// SPDX-License-Identifier: Apache-2.0
import JSON
import Rollout
import Serving
import Testing

struct PlanDocumentTests {
    private static func plan(_ text: String) throws -> RolloutPlan {
        try RolloutPlan(json: try JSONValue(parsing: text))
    }

    @Test func anEmptyDocumentIsTheDefaults() throws {
        #expect(try Self.plan("{}") == RolloutPlan())
    }

    /// A margin needs the shadow: each of the two differs from its default in one of the plans.
    @Test(arguments: [true, false])
    func everyTermIsWrittenAndReadBack(_ hasShadow: Bool) throws {
        var terms = Terms()
        terms.steps = [1, 333, 9999].compactMap(Weight.init(basisPoints:))
        terms.hasShadow = hasShadow
        terms.hasFallback = false
        terms.armed = [.relativeError, .harm]
        terms.onInconclusive = .rollBack
        terms.alpha = 0.001
        terms.beta = 0.07
        terms.errorLimit = 0.02
        terms.relativeTolerance = 0.3
        terms.disagreementLimit = 0.21
        terms.suspicionThreshold = 50.5
        terms.sampleRatioThreshold = 1234
        terms.judges = 3
        terms.qualityMargin = hasShadow ? 0.015 : nil
        terms.watchShare = try #require(Weight(basisPoints: 77))
        terms.shadowPairs = 17
        terms.stepRequests = 18
        terms.suspicionsMax = 19
        terms.shadowTime = 1_500_000_000
        terms.stepTime = 7 * Terms.second + 1
        terms.bakeTime = 0
        terms.stepDeadline = 3_155_760_000 * Terms.second
        terms.quarantineDeadline = 2
        terms.deadline = 86_399_999_999_999
        terms.telemetryGap = 11 * Terms.second
        let plan = try RolloutPlan(terms)
        let text = plan.json.text
        #expect(try Self.plan(text) == plan)
        #expect(try Self.plan(text).json.text == text)
        // A term that is as the default would come back without having been written.
        let defaults = try RolloutPlan().json
        let other = hasShadow ? "shadow" : "quality_margin"
        for member in plan.json.members ?? [] where member.name != other {
            #expect(defaults[member.name] != member.value, "\(member.name)")
        }
    }

    /// The names of the API, one for each term.
    @Test func theMembersAreThoseOfTheAPI() throws {
        let names = [
            "steps", "shadow", "fallback", "alpha", "beta", "error_limit", "relative_tolerance",
            "disagreement_limit", "quality_margin", "watch_share", "suspicion_threshold",
            "sample_ratio_threshold", "suspicions_max", "judges", "shadow_pairs", "step_requests",
            "shadow_seconds", "step_seconds", "bake_seconds", "step_deadline_seconds",
            "quarantine_deadline_seconds", "deadline_seconds", "telemetry_gap_seconds",
            "on_inconclusive", "rules",
        ]
        #expect(try RolloutPlan().json.members?.map(\.name) == names)
        #expect(names.count == Mirror(reflecting: Terms()).children.count)
    }

    @Test(arguments: [
        ("[]", "a plan is a JSON object"),
        (#"{"step_second":1}"#, "no member 'step_second'; did you mean 'step_seconds'?"),
        (#"{"zzzzzzzzzz":1}"#, "a plan has no member 'zzzzzzzzzz'"),
        (#"{"shadow":1}"#, "'shadow' is 1, not true or false"),
        (#"{"alpha":"1"}"#, #"'alpha' is "1", not a number"#),
        (#"{"alpha":null}"#, "'alpha' is null, not a number"),
        (#"{"alpha":0.6}"#, "'alpha' is 0.6, which is out of its range"),
        (#"{"error_limit":1}"#, "'error_limit' is 1.0, which is out of its range"),
        (#"{"judges":-1}"#, "'judges' is -1, not a whole number"),
        (#"{"judges":1.5}"#, "'judges' is 1.5, not a whole number"),
        (#"{"judges":0}"#, "'judges' is 0, which is out of its range"),
        (#"{"steps":0.1}"#, "'steps' is 0.1, not a list of shares"),
        (#"{"steps":[0.00015]}"#, "'steps' is 0.00015, not a share from 0 to 1 in steps of 0.0001"),
        (#"{"steps":[1.0001]}"#, "'steps' is 1.0001, not a share"),
        (#"{"steps":[-0.1]}"#, "'steps' is -0.1, not a share"),
        (#"{"steps":[1e300]}"#, "not a share"),
        (#"{"steps":[0.5,0.1]}"#, "'steps' does not grow at place 2"),
        (#"{"steps":[]}"#, "'steps' has no first step above 0"),
        (#"{"watch_share":true}"#, "'watch_share' is true, not a share"),
        (#"{"bake_seconds":-1}"#, "'bake_seconds' is -1, not a number of seconds"),
        (#"{"bake_seconds":-0.5}"#, "'bake_seconds' is -0.5, not a number of seconds"),
        (#"{"bake_seconds":1e300}"#, "not a number of seconds"),
        (#"{"bake_seconds":9223372036854775807}"#, "not a number of seconds"),
        (#"{"bake_seconds":18446744073}"#, "'bake_seconds' is 18446744073.0, which is out"),
        (#"{"telemetry_gap_seconds":0}"#, "'telemetry_gap_seconds' is 0.0, which is out"),
        (#"{"step_deadline_seconds":60}"#, "'step_deadline_seconds' must be longer than"),
        (#"{"on_inconclusive":"stop"}"#, "not one of hold, roll_back, promote"),
        (#"{"rules":"harm"}"#, #"'rules' is "harm", not a list of rules"#),
        (#"{"rules":["harms"]}"#, #"'rules' is "harms", not one of relative_error, "#),
        (#"{"rules":[]}"#, "'rules' arms no rule"),
        (#"{"arms":[]}"#, "'arms' has 0 arms"),
        (#"{"exposure":0.5}"#, "'arms' is missing"),
        (#"{"arms":{}}"#, "'arms' is {}, not a list of arms"),
        (#"{"arms":[3]}"#, "'arms' is 3, not arms like"),
        (#"{"arms":[{"version":1}]}"#, "'arms.weight' is missing"),
        (#"{"arms":[{"weight":1}]}"#, "'arms.version' is missing"),
        (#"{"arms":[{"wieght":1}]}"#, "did you mean 'arms.weight'?"),
        (#"{"arms":[{"version":"3","weight":1}]}"#, #"'arms.version' is "3", not a version's"#),
        (
            #"{"arms":[{"version":1,"weight":0.5},{"version":1,"weight":0.5}]}"#,
            "versions that differ"
        ),
        (
            #"{"arms":[{"version":1,"weight":0.5},{"version":2,"weight":0.4}]}"#,
            "'arms' has weights of 0.9 together, not 1"
        ),
        (
            #"{"arms":[{"version":1,"weight":1},{"version":2,"weight":0}]}"#,
            "'arms' gives arm 2 no weight"
        ),
    ])
    func refuses(_ text: String, _ words: String) throws {
        let json = try JSONValue(parsing: text)
        let problem = #expect(throws: PlanProblem.self) { _ = try PlanDocument(json: json) }
        let sentence = problem.map { "\($0)" } ?? ""
        #expect(sentence.contains(words), "\(sentence)")
    }

    @Test func aLongValueIsToldByItsBeginning() throws {
        let value = JSONValue.string(String(repeating: "x", count: 100_000))
        let problem = #expect(throws: PlanProblem.self) {
            _ = try PlanDocument(json: ["alpha": value])
        }
        #expect(problem.map { "\($0)".utf8.count < 200 } == true)
    }

    @Test func anExperimentKeepsItsArms() throws {
        let text =
            #"{"arms":[{"version":3,"weight":0.25},{"version":7,"weight":0.75}],"exposure":0.8}"#
        let document = try PlanDocument(json: try JSONValue(parsing: text))
        let experiment = try #require(document.experiment)
        #expect(experiment.arms.map(\.version) == [3, 7])
        #expect(experiment.split.weights.map(\.basisPoints) == [2500, 7500])
        #expect(experiment.exposure.basisPoints == 8000)
        #expect(try PlanDocument(json: document.json) == document)
        let json = document.json
        #expect(throws: PlanProblem.unknownMember("arms", nearest: nil)) {
            _ = try RolloutPlan(json: json)
        }
    }

    @Test func exposureIsAllKeysUnlessSaid() throws {
        let arms = [1, 2].map { version in
            JSONValue.object([
                .init(name: "version", value: .integer(version)),
                .init(name: "weight", value: .number(0.5)),
            ])
        }
        let document = try PlanDocument(json: ["arms": .array(arms)])
        #expect(document.experiment?.exposure == .all)
        #expect(throws: PlanProblem.self) {
            _ = try PlanDocument(json: ["arms": .array(arms), "exposure": 0])
        }
    }

    /// Any basis point survives the way through a decimal fraction.
    @Test func everyWeightReadsBack() throws {
        for points in 1...10_000 {
            var terms = Terms()
            terms.steps = [try #require(Weight(basisPoints: points))]
            let plan = try RolloutPlan(terms)
            #expect(try RolloutPlan(json: try JSONValue(parsing: plan.json.text)) == plan)
        }
    }
}
