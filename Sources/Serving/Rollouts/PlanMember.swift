// SPDX-License-Identifier: Apache-2.0
import JSON
import Rollout

/// One member of a plan's document: a row of the table that says where each term stands.
///
/// Reading, writing and the names that a misspelt one is compared with all follow from the rows.
struct PlanMember: Sendable {
    enum Term: Sendable {
        case number(any WritableKeyPath<Terms, Double> & Sendable)
        /// `null` is none.
        case optionalNumber(any WritableKeyPath<Terms, Double?> & Sendable)
        case count(any WritableKeyPath<Terms, UInt64> & Sendable)
        /// Seconds in the document, nanoseconds in the terms.
        case time(any WritableKeyPath<Terms, UInt64> & Sendable)
        case flag(any WritableKeyPath<Terms, Bool> & Sendable)
        case weight(any WritableKeyPath<Terms, Weight> & Sendable)
        case weights(any WritableKeyPath<Terms, [Weight]> & Sendable)
        case policy(any WritableKeyPath<Terms, InconclusivePolicy> & Sendable)
        case rules(any WritableKeyPath<Terms, ConvictingRules> & Sendable)
    }

    let name: String
    let term: Term

    init(_ name: String, _ term: Term) {
        self.name = name
        self.term = term
    }

    /// In the order in which a plan is written.
    static let all = [
        PlanMember("steps", .weights(\.steps)),
        PlanMember("shadow", .flag(\.hasShadow)),
        PlanMember("fallback", .flag(\.hasFallback)),
        PlanMember("alpha", .number(\.alpha)),
        PlanMember("beta", .number(\.beta)),
        PlanMember("error_limit", .number(\.errorLimit)),
        PlanMember("relative_tolerance", .number(\.relativeTolerance)),
        PlanMember("disagreement_limit", .number(\.disagreementLimit)),
        PlanMember("quality_margin", .optionalNumber(\.qualityMargin)),
        PlanMember("watch_share", .weight(\.watchShare)),
        PlanMember("suspicion_threshold", .number(\.suspicionThreshold)),
        PlanMember("sample_ratio_threshold", .number(\.sampleRatioThreshold)),
        PlanMember("suspicions_max", .count(\.suspicionsMax)),
        PlanMember("judges", .count(\.judges)),
        PlanMember("shadow_pairs", .count(\.shadowPairs)),
        PlanMember("step_requests", .count(\.stepRequests)),
        PlanMember("shadow_seconds", .time(\.shadowTime)),
        PlanMember("step_seconds", .time(\.stepTime)),
        PlanMember("bake_seconds", .time(\.bakeTime)),
        PlanMember("step_deadline_seconds", .time(\.stepDeadline)),
        PlanMember("quarantine_deadline_seconds", .time(\.quarantineDeadline)),
        PlanMember("deadline_seconds", .time(\.deadline)),
        PlanMember("telemetry_gap_seconds", .time(\.telemetryGap)),
        PlanMember("on_inconclusive", .policy(\.onInconclusive)),
        PlanMember("rules", .rules(\.armed)),
    ]

    static let policies: [(name: String, policy: InconclusivePolicy)] = [
        ("hold", .hold), ("roll_back", .rollBack), ("promote", .promote),
    ]

    static let rules: [(name: String, rule: ConvictingRules)] = [
        ("relative_error", .relativeError), ("relative_slow", .relativeSlow),
        ("paired_error", .pairedError), ("paired_slow", .pairedSlow), ("labels", .labels),
        ("disagreement", .disagreement), ("harm", .harm),
    ]

    /// Whether `PlanError` speaks of a time by this name.
    static func isTime(_ term: String) -> Bool {
        ["time", "deadline", "gap"].contains(term.split(separator: " ").last)
    }
}

extension PlanMember {
    /// Puts a value in its place.
    func read(_ value: JSONValue, into terms: inout Terms) throws(PlanProblem) {
        switch term {
        case .number(let path): terms[keyPath: path] = try number(value)
        case .optionalNumber(let path):
            terms[keyPath: path] = value == .null ? nil : try number(value)
        case .count(let path):
            guard let count = value.integer.flatMap({ UInt64(exactly: $0) }) else {
                throw wrong(value, "a whole number")
            }
            terms[keyPath: path] = count
        case .time(let path): terms[keyPath: path] = try nanoseconds(value)
        case .flag(let path):
            guard let flag = value.boolean else { throw wrong(value, "true or false") }
            terms[keyPath: path] = flag
        case .weight(let path): terms[keyPath: path] = try Self.weight(value, name)
        case .weights(let path):
            guard let steps = value.array else { throw wrong(value, "a list of shares") }
            var weights: [Weight] = []
            for step in steps { weights.append(try Self.weight(step, name)) }
            terms[keyPath: path] = weights
        case .policy(let path):
            guard let row = Self.policies.first(where: { $0.name == value.string }) else {
                throw wrong(value, "one of \(Self.policies.map(\.name).joined(separator: ", "))")
            }
            terms[keyPath: path] = row.policy
        case .rules(let path): terms[keyPath: path] = try rules(value)
        }
    }

    /// The term as `read` takes it.
    func value(in terms: Terms) -> JSONValue {
        switch term {
        case .number(let path): .number(terms[keyPath: path])
        case .optionalNumber(let path): terms[keyPath: path].map { .number($0) } ?? .null
        case .count(let path): .integer(Int(clamping: terms[keyPath: path]))
        case .time(let path): Self.seconds(terms[keyPath: path])
        case .flag(let path): .boolean(terms[keyPath: path])
        case .weight(let path): .number(terms[keyPath: path].share)
        case .weights(let path): .array(terms[keyPath: path].map { .number($0.share) })
        case .policy(let path):
            .string(Self.policies.first { $0.policy == terms[keyPath: path] }?.name ?? "")
        case .rules(let path):
            .array(
                Self.rules.filter { terms[keyPath: path].contains($0.rule) }
                    .map { .string($0.name) })
        }
    }

    /// A share in steps of 0.01 %: keys are divided into ten thousand, and a finer wish would be
    /// another one.
    static func weight(_ value: JSONValue, _ member: String) throws(PlanProblem) -> Weight {
        guard let share = value.number, (0...1).contains(share),
            case let points = (share * 10_000).rounded(), abs(share * 10_000 - points) < 1e-6,
            let weight = Weight(basisPoints: Int(points))
        else {
            throw PlanProblem(member, value, "a share from 0 to 1 in steps of 0.0001")
        }
        return weight
    }

    private func number(_ value: JSONValue) throws(PlanProblem) -> Double {
        guard let number = value.number else { throw wrong(value, "a number") }
        return number
    }

    /// Exact for whole seconds, and for fractions up to 26 days.
    private func nanoseconds(_ value: JSONValue) throws(PlanProblem) -> UInt64 {
        if let seconds = value.integer {
            guard let whole = UInt64(exactly: seconds),
                case let (time, overflow) = whole.multipliedReportingOverflow(by: Terms.second),
                !overflow
            else { throw wrong(value, "a number of seconds") }
            return time
        }
        guard let seconds = value.number,
            let time = UInt64(exactly: (seconds * Double(Terms.second)).rounded())
        else { throw wrong(value, "a number of seconds") }
        return time
    }

    private static func seconds(_ time: UInt64) -> JSONValue {
        let (seconds, rest) = time.quotientAndRemainder(dividingBy: Terms.second)
        return rest == 0
            ? .integer(Int(clamping: seconds)) : .number(Double(time) / Double(Terms.second))
    }

    private func rules(_ value: JSONValue) throws(PlanProblem) -> ConvictingRules {
        guard let elements = value.array else { throw wrong(value, "a list of rules") }
        var rules: ConvictingRules = []
        for element in elements {
            guard let row = Self.rules.first(where: { $0.name == element.string }) else {
                throw wrong(element, "one of \(Self.rules.map(\.name).joined(separator: ", "))")
            }
            rules.insert(row.rule)
        }
        return rules
    }

    private func wrong(_ value: JSONValue, _ expected: String) -> PlanProblem {
        PlanProblem(name, value, expected)
    }
}
