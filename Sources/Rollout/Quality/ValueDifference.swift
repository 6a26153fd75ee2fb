// SPDX-License-Identifier: Apache-2.0

/// What a candidate's answers are worth more than the stable version's on the same traffic, by
/// inverse propensity: right whatever the arms' shares were and however they changed.
///
/// Every request of the experiment whose value is known counts, also those of other arms. Values
/// far from zero make it wide: give it what differs, as a profit rather than a turnover.
package struct ValueDifference: Equatable, Sendable {
    package enum Arm: Equatable, Sendable {
        case stable, candidate, other
    }

    package private(set) var difference = ConfidenceSequence()

    package init() {}

    /// - Parameter share: the probability with which the request came to the arm that it came to.
    /// - Returns: whether it counted: a share that leaves no choice tells nothing.
    @discardableResult
    package mutating func record(value: Double, arm: Arm, share: Double) -> Bool {
        let isCandidate = arm == .candidate
        guard value.isFinite,
            let score = inversePropensityScore(
                value: value, isCandidate: isCandidate, share: isCandidate ? share : 1 - share)
        else { return false }
        difference.update(arm == .other ? 0 : score)
        return true
    }

    package mutating func merge(_ other: ValueDifference) { difference.merge(other.difference) }
}
