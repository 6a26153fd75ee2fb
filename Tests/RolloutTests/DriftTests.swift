// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Rollout

struct DriftTests {
    static func isNear(_ value: Double, _ expected: Double) -> Bool {
        abs(value - expected) <= 1e-9 * max(1, abs(expected))
    }

    /// By SciPy 1: `entropy`, `jensenshannon` in nats and base 2, of the smoothed counts.
    static let fixtures: [(window: [UInt64], reference: [UInt64], values: [Double])] = [
        (
            [50, 50], [60, 40],
            [0.03973677137864379, 0.07041684707502109, 0.08457925297789641, 0.1]
        ),
        (
            [120, 80, 45, 300, 5, 0, 60, 70, 20, 300],
            [1000, 900, 300, 2600, 40, 2, 500, 600, 158, 2900],
            [
                0.012067033384673857, 0.038795650736443026, 0.04659832546299425,
                0.022222222222222143,
            ]
        ),
        (
            [10, 0, 0, 90], [25, 25, 25, 25],
            [2.8650438281022286, 0.5127469158120792, 0.6158718106180275, 0.65]
        ),
        (
            Array(repeating: 1000, count: 10), Array(repeating: 5000, count: 10),
            [0, 0, 0, 0]
        ),
    ]

    @Test(arguments: fixtures.indices)
    func equalsSciPy(index: Int) throws {
        let fixture = Self.fixtures[index]
        let distance = try #require(
            BinnedDistance(window: fixture.window, reference: fixture.reference))
        let values = [
            distance.stabilityIndex, distance.jensenShannon, distance.jensenShannonBinary,
            distance.kolmogorov,
        ]
        for (value, expected) in zip(values, fixture.values) {
            #expect(abs(value - expected) < 1e-9, "\(value)")
        }
    }

    @Test func sharesWithoutSmoothing() {
        let index = BinnedDistance.stabilityIndex([0.5, 0.5], [0.6, 0.4])
        let distance = BinnedDistance.jensenShannon([0.5, 0.5], [0.6, 0.4])
        #expect(Self.isNear(index, 0.04054651081081642))
        #expect(Self.isNear(distance, 0.07112938864483193))
    }

    /// By SciPy's `chi2.isf`.
    @Test(arguments: [
        (1, 0.01, 6.634896601021217), (9, 0.00035714285714285714, 30.52397230648314),
        (9, 0.01, 21.665994333461928), (19, 0.0001, 50.795489665621886),
        (3, 0.05, 7.814727903251178), (63, 1e-06, 131.36970205168686),
        (9, 0.99, 2.0879007358707278),
    ])
    func tailsEqualSciPy(freedom: Int, probability: Double, value: Double) {
        let tail = ChiSquare.survival(value, freedom: freedom)
        #expect(abs(tail - probability) < 1e-9 * probability)
    }

    @Test func tailsHaveEnds() {
        #expect(ChiSquare.survival(0, freedom: 5) == 1)
        #expect(ChiSquare.survival(-1, freedom: 5) == 1)
        #expect(ChiSquare.survival(5, freedom: 0) == 1)
        #expect(ChiSquare.survival(1e6, freedom: 9) == 0)
    }

    @Test func theCorrectionIsWhatChanceGives() throws {
        let distance = try #require(
            BinnedDistance(
                window: Array(repeating: 100, count: 10),
                reference: Array(repeating: 500, count: 10)))
        #expect(Self.isNear(distance.stabilityIndex - distance.correctedIndex, 0.0108))
    }

    @Test func refusesWhatCannotBeCompared() {
        #expect(BinnedDistance(window: [1], reference: [1]) == nil)
        #expect(BinnedDistance(window: [1, 2], reference: [1, 2, 3]) == nil)
        #expect(BinnedDistance(window: [0, 0], reference: [1, 2]) == nil)
        #expect(BinnedDistance(window: [1, 2], reference: [0, 0]) == nil)
    }

    static func distance(_ window: [UInt64]) throws -> BinnedDistance {
        try #require(BinnedDistance(window: window, reference: [2500, 2500, 2500, 2500]))
    }

    static let severities: [([UInt64], DriftSeverity)] = [
        ([250, 250, 250, 250], .none), ([310, 270, 230, 190], .none),
        ([340, 270, 230, 160], .notice), ([390, 250, 210, 150], .warning),
        ([480, 250, 170, 100], .critical),
        // As far, of too few.
        ([48, 25, 17, 10], .none),
    ]

    @Test(arguments: severities)
    func judgesAWindow(window: [UInt64], severity: DriftSeverity) throws {
        let distance = try Self.distance(window)
        #expect(DriftRule(features: 28).severity(of: distance) == severity)
    }

    @Test func twoWindowsRunningAgree() throws {
        let still = try Self.distance([250, 250, 250, 250])
        let warned = try Self.distance([390, 250, 210, 150])
        let critical = try Self.distance([480, 250, 170, 100])
        var rule = DriftRule(features: 1)
        var said: [DriftSeverity] = []
        for window in [critical, still, warned, critical, critical, warned, still] {
            said.append(rule.update(window))
        }
        #expect(said == [.none, .none, .none, .warning, .critical, .warning, .none])
    }

    @Test func foldsNeighbours() {
        #expect(foldedBins([1, 2, 3, 4]) == [3, 7])
        #expect(foldedBins([1, 2, 3]) == [3, 3])
        #expect(foldedBins([]) == [])
    }
}
