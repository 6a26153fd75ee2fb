// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Training

struct NumberBoundsTests {
    static let zero = Double(Float(1e-35))

    /// By LightGBM's rule.
    @Test(
        arguments: [
            // A bound above each midpoint.
            ([1, 1, 1, 2, 2, 2, 3, 3, 3], 255, 3, [zero, 1.5.nextUp, 2.5.nextUp, .infinity]),
            // Too few rows of 1 for a bin of its own.
            ([1, 2, 2, 2, 3, 3, 3], 255, 3, [zero, 2.5.nextUp, .infinity]),
            // Zero has its own bin.
            ([-2, -2, -2, 0, 0, 5, 5, 5], 255, 3, [-zero, zero, .infinity]),
            ([], 255, 3, [.infinity]), ([0, 0, 0], 255, 3, [.infinity]),
        ] as [([Double], Int, Int, [Double])])
    func standBetweenValues(
        _ values: [Double], _ binCountMax: Int, _ rowCountMin: Int, _ expected: [Double]
    ) {
        #expect(
            NumberBounds.bounds(
                ofSorted: values, binCountMax: binCountMax, rowCountMin: rowCountMin) == expected)
    }

    @Test func fillBinsEvenly() {
        let values = (1...1000).map(Double.init)
        let bounds = NumberBounds.bounds(ofSorted: values, binCountMax: 11, rowCountMin: 3)
        #expect(bounds.count == 11)
        for (low, high) in zip(bounds.dropFirst(), bounds.dropFirst(2).dropLast()) {
            #expect(abs(high - low - 100) < 1e-9)
        }
    }

    @Test func giveAFrequentValueABin() {
        let values = (1...500).map(Double.init) + [Double](repeating: 501, count: 1000)
        let bounds = NumberBounds.bounds(ofSorted: values, binCountMax: 10, rowCountMin: 3)
        #expect(bounds.contains(500.5.nextUp))
        #expect(bounds.count <= 10)
    }

    @Test func sortsByRadix() {
        var generator = SplitMix64(seed: 1)
        var values = (0..<1000).map { _ in Double.random(in: -1e3...1e3, using: &generator) }
        values += [.infinity, -.infinity, 0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1, 1]
        var sorted = values
        sorted.sortByRadix()
        #expect(sorted == values.sorted())
    }

    /// Every value of a sample comes back into the bin that its bound says.
    @Test func binsAgreeWithBounds() {
        var generator = SplitMix64(seed: 2)
        let values = (0..<5000).map { _ in
            (Double.random(in: -9...9, using: &generator) * 100).rounded() / 100
        }
        let bins = FeatureBins(
            sortedNumbers: values.sorted(), hasMissing: true, rules: BinningRules())
        guard case .number(let bounds) = bins.kind else {
            Issue.record("not of the kind")
            return
        }
        #expect(bins.binCount <= 255)
        #expect(bins.bin(.nan) == UInt8(bounds.count))
        for value in values + bounds + bounds.map(\.nextUp) + [-.infinity] {
            let expected = bounds.firstIndex { value <= $0 } ?? bounds.count - 1
            #expect(Int(bins.bin(value)) == expected)
        }
    }
}
