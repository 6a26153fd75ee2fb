// SPDX-License-Identifier: Apache-2.0

/// Evidence against a null hypothesis that may be looked at after every event.
///
/// Likelihood ratios of up to eight alternatives, averaged. Under the null hypothesis the value is
/// a supermartingale that starts at 1, so it ever reaches T with probability 1/T at most (Ville).
///
/// With restarts a part `mass` of the stake is kept back and put in little by little:
/// `S_j = (S_j + γ_k)·f_j`, `γ_k = mass·a / ((k+a)(k+a+1))`, `E = Σ v_j S_j + mass·a/(k+a)`. As Σγ
/// = mass the bound stays, and evidence against a fault that begins late does not first have to
/// make up for all that was good before. Only sums, products and quotients: every machine gets the
/// same bits.
package struct EProcess: Equatable, Sendable {
    package typealias Lanes = SIMD8<Double>

    /// What is kept for restarts, and the event count over which half of it is paid out.
    package struct Restarts: Equatable, Sendable {
        let mass: Double
        let horizon: Double

        package static let none = Restarts(mass: 0, horizon: 1)
        package static func after(_ horizon: Double) -> Restarts {
            Restarts(mass: 0.3, horizon: horizon)
        }
    }

    /// Far from overflow, and far above every threshold.
    private static let ceiling = 1e200
    private static let floor = 1e-300

    private let restarts: Restarts
    private let shares: Lanes
    private var stakes: Lanes
    private var staged = Lanes(repeating: 1)
    private var hasStaged = false
    package private(set) var events: UInt64 = 0
    package private(set) var value = 1.0

    /// - Parameter shares: the alternatives' weights, at most eight, summing to one.
    package init(shares: [Double], restarts: Restarts) {
        self.restarts = restarts
        var lanes = Lanes.zero
        for (lane, share) in shares.prefix(8).enumerated() { lanes[lane] = share }
        self.shares = lanes
        stakes = Lanes(repeating: 1 - restarts.mass)
    }

    package init(alternatives count: Int, restarts: Restarts) {
        self.init(shares: Array(repeating: 1 / Double(count), count: count), restarts: restarts)
    }

    /// One event, by the factor each alternative's likelihood ratio gives it.
    package mutating func update(_ factors: Lanes) {
        let k = Double(events)
        let a = restarts.horizon
        let paid = restarts.mass * a / ((k + a) * (k + a + 1))
        stakes = (stakes + paid) * factors
        stakes.clamp(
            lowerBound: Lanes(repeating: Self.floor), upperBound: Lanes(repeating: Self.ceiling))
        events += 1
        let kept = restarts.mass * a / (Double(events) + a)
        value = Self.sum(shares * stakes) + kept
    }

    package mutating func update(_ factors: Lanes, times count: UInt64) {
        for _ in 0..<count { update(factors) }
    }

    /// Puts an event into the batch that `commit` counts as one: its factor is the product. What
    /// several servers report together has no order of its own, and needs none so.
    package mutating func stage(_ factors: Lanes, times count: UInt64 = 1) {
        guard count > 0 else { return }
        hasStaged = true
        var base = factors
        var rest = count
        while rest > 0 {
            if rest & 1 == 1 { staged *= base }
            base *= base
            rest >>= 1
        }
        // Products of a large batch stay numbers: 0 · ∞ would be none.
        staged.clamp(
            lowerBound: Lanes(repeating: Self.floor), upperBound: Lanes(repeating: Self.ceiling))
    }

    /// Counts the staged batch as one event; nothing when it is empty.
    package mutating func commit() {
        guard hasStaged else { return }
        update(staged)
        staged = Lanes(repeating: 1)
        hasStaged = false
    }

    /// Begins anew, as when a suspicion has been acted upon.
    package mutating func reset() {
        stakes = Lanes(repeating: 1 - restarts.mass)
        staged = Lanes(repeating: 1)
        hasStaged = false
        events = 0
        value = 1
    }

    /// In a fixed order, so that the bits do not depend on the machine's vectors.
    private static func sum(_ lanes: Lanes) -> Double {
        var sum = 0.0
        for lane in 0..<8 { sum += lanes[lane] }
        return sum
    }
}

extension EProcess {
    mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        for lane in 0..<8 { try coder.transfer(&stakes[lane]) }
        try coder.transfer(&events)
        try coder.transfer(&value)
    }
}
