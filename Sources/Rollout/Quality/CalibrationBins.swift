// SPDX-License-Identifier: Apache-2.0

/// Whether probabilities mean what they say, in ten bins of equal width (Naeini et al. 2015).
package struct CalibrationBins: Equatable, Sendable {
    package static let binCount = 10

    private var counts = [Double](repeating: 0, count: binCount)
    private var probabilities = [Double](repeating: 0, count: binCount)
    private var hits = [Double](repeating: 0, count: binCount)

    package init() {}

    /// - Parameter probability: of the event, within 0 and 1.
    mutating func record(probability: Double, happened: Bool) {
        let bin = min(Self.binCount - 1, Int(probability * Double(Self.binCount)))
        counts[bin] += 1
        probabilities[bin] += probability
        hits[bin] += happened ? 1 : 0
    }

    mutating func merge(_ other: CalibrationBins) {
        for bin in 0..<Self.binCount {
            counts[bin] += other.counts[bin]
            probabilities[bin] += other.probabilities[bin]
            hits[bin] += other.hits[bin]
        }
    }

    /// How far apart what was said and what happened are, bin by bin, weighted by the bins'
    /// counts; `nil` without events. Chance alone gives it about 0.25/√(count/10) at worst: with
    /// few labels it is no sign of bad calibration.
    package var expectedError: Double? {
        let count = counts.reduce(0, +)
        guard count > 0 else { return nil }
        return zip(probabilities, hits).reduce(0.0) { $0 + abs($1.0 - $1.1) } / count
    }
}
