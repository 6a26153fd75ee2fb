// SPDX-License-Identifier: Apache-2.0

/// The terms of a plan before they are checked, each with its default. Times are in nanoseconds.
package struct Terms: Equatable, Sendable {
    /// The candidate's weights after the shadow phase, growing. After the last comes the bake at
    /// 100 %; a last step of 100 % is that bake.
    package var steps: [Weight] = [100, 500, 2500, 5000].compactMap(Weight.init(basisPoints:))
    /// Whether the candidate sees copies before it answers anyone, and in quarantine.
    package var hasShadow = true
    /// Whether a candidate's failed request is answered by the stable version.
    package var hasFallback = true
    package var armed = ConvictingRules.all
    package var onInconclusive = InconclusivePolicy.hold

    /// The probability that an innocent candidate is rolled back, at most, over the whole rollout.
    package var alpha = 0.01
    /// The probability that a guilty one passes a promotion test.
    package var beta = 0.05
    /// The highest share of failed requests that is fine.
    package var errorLimit = 0.005
    /// The candidate's failures may exceed the stable version's by this factor less one.
    package var relativeTolerance = 0.1
    /// The highest share of pairs that may disagree.
    package var disagreementLimit = 0.1
    package var suspicionThreshold = 100.0
    package var sampleRatioThreshold = 2000.0
    /// How many controllers judge this candidate, each by traffic of its own: servers that do not
    /// add up their batches, arms of one experiment. They share α.
    package var judges: UInt64 = 1
    /// Where labels must show that the candidate's mean loss is not worse by this; `nil` asks
    /// nothing of labels (they still convict).
    package var qualityMargin: Double?

    /// The share of the candidate's requests that the stable version computes too, so that pairs
    /// and labels go on when users meet the candidate.
    package var watchShare = Weight(basisPoints: 500) ?? .none
    package var shadowPairs: UInt64 = 2000
    /// Candidate requests in each step, and in the bake: no data is never a pass.
    package var stepRequests: UInt64 = 100
    /// Suspicions after which an operator is asked rather than the candidate tried again.
    package var suspicionsMax: UInt64 = 4

    package var shadowTime: UInt64 = 300 * second
    package var stepTime: UInt64 = 60 * second
    package var bakeTime: UInt64 = 900 * second
    package var stepDeadline: UInt64 = 1800 * second
    package var quarantineDeadline: UInt64 = 1800 * second
    /// For the whole rollout, pauses included.
    package var deadline: UInt64 = 7 * 86400 * second
    package var telemetryGap: UInt64 = 10 * second

    package init() {}

    package static let second: UInt64 = 1_000_000_000

    /// `steps` without a final 100 %.
    var canarySteps: [Weight] { steps.last == .all ? steps.dropLast() : steps }
}

/// The rules that convict alone. Each armed one takes its part of α.
package struct ConvictingRules: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue & 0b111_1111 }

    package static let relativeError = ConvictingRules(rawValue: 1)
    package static let relativeSlow = ConvictingRules(rawValue: 2)
    package static let pairedError = ConvictingRules(rawValue: 4)
    package static let pairedSlow = ConvictingRules(rawValue: 8)
    package static let labels = ConvictingRules(rawValue: 16)
    package static let disagreement = ConvictingRules(rawValue: 32)
    package static let harm = ConvictingRules(rawValue: 64)
    package static let all = ConvictingRules(rawValue: 127)

    package var count: Int { rawValue.nonzeroBitCount }
    var judgesSlowness: Bool { !isDisjoint(with: [.relativeSlow, .pairedSlow]) }
}

/// What a step's deadline does when the evidence says neither yes nor no.
package enum InconclusivePolicy: UInt8, Sendable, CaseIterable {
    /// Pause where it is, for an operator.
    case hold
    case rollBack
    case promote
}
