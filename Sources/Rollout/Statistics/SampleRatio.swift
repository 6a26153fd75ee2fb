// SPDX-License-Identifier: Apache-2.0

/// Whether arms get the share of new keys that their weights say: a Dirichlet-multinomial e-process
/// (Lindon and Malek 2022). A mismatch is a fault of the assignment or of what is counted, never of
/// a model.
///
/// An event is a key's first request. When the weights change the prior begins anew and the value
/// goes on: the product stays a martingale.
package struct SampleRatio: Equatable, Sendable {
    private let concentration: Double
    private var shares: EProcess.Lanes
    private var counts = EProcess.Lanes.zero
    private var total = 0.0
    package private(set) var value = 1.0

    /// - Parameters:
    ///   - concentration: of the prior, in pseudo-events; two means (1, 1) for a fair pair.
    ///   - shares: the nominal shares of two to eight arms.
    package init(shares: [Double], concentration: Double = 2) {
        self.concentration = concentration
        self.shares = Self.lanes(shares)
    }

    package mutating func update(arm: Int) {
        guard (0..<8).contains(arm), shares[arm] > 0 else { return }
        let predicted =
            (concentration * shares[arm] + counts[arm]) / (concentration + total)
        value = min(1e200, max(1e-300, value * predicted / shares[arm]))
        counts[arm] += 1
        total += 1
    }

    package mutating func change(shares new: [Double]) {
        let lanes = Self.lanes(new)
        guard lanes != shares else { return }
        shares = lanes
        counts = .zero
        total = 0
    }

    package mutating func reset() {
        counts = .zero
        total = 0
        value = 1
    }

    private static func lanes(_ shares: [Double]) -> EProcess.Lanes {
        var lanes = EProcess.Lanes.zero
        for (lane, share) in shares.prefix(8).enumerated() { lanes[lane] = share }
        return lanes
    }

    mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        for lane in 0..<8 { try coder.transfer(&shares[lane]) }
        for lane in 0..<8 { try coder.transfer(&counts[lane]) }
        try coder.transfer(&total)
        try coder.transfer(&value)
    }
}
