// SPDX-License-Identifier: Apache-2.0

/// What a rollout is to do and what it must see to do it: checked terms.
///
/// Who holds a plan need not check it again.
@dynamicMemberLookup
package struct RolloutPlan: Equatable, Sendable {
    package let terms: Terms

    /// - Throws: the first term that is out of its range.
    package init(_ terms: Terms = Terms()) throws(PlanError) {
        try Self.checkSteps(terms)
        try Self.checkShares(terms)
        try Self.checkTimes(terms)
        self.terms = terms
    }

    package subscript<Value>(dynamicMember path: KeyPath<Terms, Value>) -> Value {
        terms[keyPath: path]
    }

    /// An armed rule convicts at K / α, K being the armed rules of all judges: together they
    /// convict an innocent candidate with probability α at most (Ville's inequality and the union
    /// bound).
    package var convictionThreshold: Double {
        Double(terms.armed.count) * Double(terms.judges) / terms.alpha
    }

    /// Promotion and return from quarantine need 1 / β of one judge; of several each may accept, so
    /// each needs as many times more.
    package var acceptanceThreshold: Double { Double(terms.judges) / terms.beta }

    private static func checkSteps(_ terms: Terms) throws(PlanError) {
        guard let first = terms.steps.first, first > .none else { throw .noSteps }
        guard terms.steps.count <= 64 else { throw .tooManySteps(terms.steps.count) }
        for index in terms.steps.indices.dropFirst()
        where terms.steps[index] <= terms.steps[index - 1] {
            throw .stepsDoNotGrow(at: index)
        }
        guard !terms.armed.isEmpty else { throw .nothingArmed }
    }

    private static func checkShares(_ terms: Terms) throws(PlanError) {
        let shares: [(String, Double, ClosedRange<Double>)] = [
            ("alpha", terms.alpha, 1e-9...0.5), ("beta", terms.beta, 1e-9...0.5),
            ("error limit", terms.errorLimit, 1e-6...0.2),
            ("disagreement limit", terms.disagreementLimit, 1e-4...0.4),
            ("relative tolerance", terms.relativeTolerance, 0...0.4),
            ("suspicion threshold", terms.suspicionThreshold, 2...1e9),
            ("sample ratio threshold", terms.sampleRatioThreshold, 2...1e12),
        ]
        for (name, value, range) in shares where !range.contains(value) {
            throw .outOfRange(name, value)
        }
        if let margin = terms.qualityMargin, !(1e-4...0.5).contains(margin) {
            throw .outOfRange("quality margin", margin)
        }
        // A label compares two answers to one request; without copies there is only one.
        guard terms.qualityMargin == nil || terms.hasShadow else { throw .marginWithoutPairs }
    }

    private static func checkTimes(_ terms: Terms) throws(PlanError) {
        guard (1...10_000).contains(terms.judges) else {
            throw .countOutOfRange("judges", terms.judges)
        }
        // A century: sums of two stay far from overflow.
        let limit: UInt64 = 3_155_760_000_000_000_000
        let times: [(String, UInt64)] = [
            ("shadow time", terms.shadowTime), ("step time", terms.stepTime),
            ("bake time", terms.bakeTime), ("step deadline", terms.stepDeadline),
            ("quarantine deadline", terms.quarantineDeadline), ("deadline", terms.deadline),
            ("telemetry gap", terms.telemetryGap),
        ]
        for (name, value) in times where value > limit { throw .countOutOfRange(name, value) }
        if terms.stepDeadline <= max(terms.stepTime, terms.shadowTime) {
            throw .deadlineBeforeDwell("step deadline")
        }
        for (name, value) in [
            ("quarantine deadline", terms.quarantineDeadline), ("deadline", terms.deadline),
            ("telemetry gap", terms.telemetryGap),
        ] where value == 0 { throw .countOutOfRange(name, value) }
    }
}
