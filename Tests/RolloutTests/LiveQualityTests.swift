// SPDX-License-Identifier: Apache-2.0
import Foundation
import Rollout
import Testing

struct LiveQualityTests {
    /// SplitMix64: the same numbers on every machine.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
            return word ^ word >> 31
        }

        mutating func unit() -> Double { Double.random(in: 0..<1, using: &self) }
    }

    private static func record(
        _ quality: inout LiveQuality, _ isPositive: Bool, _ score: Double
    ) {
        let probabilities = [1 - score, score]
        let span = probabilities.span
        let counted = quality.record(
            label: isPositive ? 1 : 0, predicted: score > 0.5 ? 1 : 0, probabilities: span)
        #expect(counted)
    }

    /// By ranks, ties counting half (Mann and Whitney).
    private static func exactArea(_ rows: [(isPositive: Bool, score: Double)]) -> Double {
        let sorted = rows.sorted { $0.score < $1.score }
        var (wins, below, index) = (0.0, 0.0, 0)
        while index < sorted.count {
            let end = sorted[index...].firstIndex { $0.score > sorted[index].score } ?? sorted.count
            let positives = Double(sorted[index..<end].count { $0.isPositive })
            let negatives = Double(end - index) - positives
            wins += positives * (below + negatives / 2)
            below += negatives
            index = end
        }
        return wins / below / Double(rows.count { $0.isPositive })
    }

    private static func rows(
        _ count: Int, seed: UInt64, _ score: (inout Generator) -> Double
    ) -> [(isPositive: Bool, score: Double)] {
        var generator = Generator(state: seed)
        return (0..<count).map { _ in
            let score = score(&generator)
            return (generator.unit() < score, score)
        }
    }

    /// Calibrated scores: spread evenly; of a rare class, near zero; crowded; with only two values.
    @Test(arguments: 0..<4)
    func areaIsNearTheExactOne(_ shape: Int) throws {
        let rows = Self.rows(50_000, seed: UInt64(shape)) { generator in
            let unit = generator.unit()
            return switch shape {
            case 0: unit
            case 1: exp(-12 + 9 * unit)
            case 2: 0.4 + 0.2 * unit
            default: unit < 0.5 ? 0.25 : 0.75
            }
        }
        var quality = LiveQuality()
        for row in rows { Self.record(&quality, row.isPositive, row.score) }
        let area = try #require(quality.scores.area)
        let error = abs(area - Self.exactArea(rows))
        let bound = try #require(quality.scores.areaErrorMax)
        #expect(error <= bound)
        #expect(error < 0.0005)
        #expect(bound < (shape == 3 ? 0.3 : 0.01))
    }

    /// Calibrated scores that are evenly spread have the area 5/6, the Brier score 1/6 and the log
    /// loss 1/2.
    @Test func equalsClosedForms() throws {
        var quality = LiveQuality()
        for row in Self.rows(200_000, seed: 1, { $0.unit() }) {
            Self.record(&quality, row.isPositive, row.score)
        }
        #expect(abs(try #require(quality.scores.area) - 5.0 / 6) < 0.003)
        #expect(abs(quality.brier.mean - 1.0 / 6) < 0.002)
        #expect(abs(quality.logLoss.mean - 0.5) < 0.004)
        #expect(abs(quality.accuracy.mean - 0.75) < 0.003)
        #expect(try #require(quality.calibration.expectedError) < 0.006)
    }

    /// Worked by hand: the labels 1, 0, 1 with 0.8, 0.6, 0.3.
    @Test func equalsWhatIsWorkedByHand() throws {
        var quality = LiveQuality()
        Self.record(&quality, true, 0.8)
        Self.record(&quality, false, 0.6)
        Self.record(&quality, true, 0.3)
        #expect(quality.scores.area == 0.5)
        #expect(quality.scores.areaErrorMax == 0)
        #expect(abs(quality.accuracy.mean - 1.0 / 3) < 1e-12)
        #expect(abs(quality.brier.mean - (0.04 + 0.36 + 0.49) / 3) < 1e-12)
        let logLoss = -(log(0.8) + log(0.4) + log(0.3)) / 3
        #expect(abs(quality.logLoss.mean - logLoss) < 1e-12)
        let calibration = try #require(quality.calibration.expectedError)
        #expect(abs(calibration - (0.2 + 0.6 + 0.7) / 3) < 1e-12)
    }

    /// What always says 0.9 and is right half of the time is off by 0.4.
    @Test func tellsBadCalibration() throws {
        var quality = LiveQuality()
        for index in 0..<1000 { Self.record(&quality, index.isMultiple(of: 2), 0.9) }
        #expect(abs(try #require(quality.calibration.expectedError) - 0.4) < 1e-9)
        #expect(quality.scores.area == 0.5)
    }

    @Test func judgesManyClassesByTheAnswer() throws {
        var quality = LiveQuality()
        let probabilities = [0.2, 0.5, 0.3]
        let span = probabilities.span
        quality.record(label: 2, predicted: 1, probabilities: span)
        #expect(quality.accuracy.mean == 0)
        #expect(abs(quality.brier.mean - (0.04 + 0.25 + 0.49)) < 1e-12)
        #expect(abs(quality.logLoss.mean + log(0.3)) < 1e-12)
        #expect(quality.calibration.expectedError == 0.5)
        #expect(quality.scores.area == nil)
    }

    @Test func judgesLabelsWithoutProbabilities() {
        var quality = LiveQuality()
        let nothing: [Double] = []
        let span = nothing.span
        quality.record(label: 7, predicted: 7, probabilities: span)
        quality.record(label: 7, predicted: 3, probabilities: span)
        #expect(quality.accuracy.mean == 0.5)
        #expect(quality.logLoss.count == 0)
        #expect(quality.calibration.expectedError == nil)
    }

    @Test(
        arguments: [
            (0, 0, [0.5]), (2, 0, [0.5, 0.5]), (0, 2, [0.5, 0.5]), (-1, 0, [0.5, 0.5]),
            (0, -1, []), (0, 0, [.nan, 0.5]), (0, 0, [1.5, -0.5]), (0, 0, [.infinity, 0]),
        ] as [(Int, Int, [Double])])
    func countsNothingThatIsNone(_ label: Int, _ predicted: Int, _ probabilities: [Double]) {
        var quality = LiveQuality()
        let span = probabilities.span
        let counted = quality.record(label: label, predicted: predicted, probabilities: span)
        #expect(!counted)
        #expect(quality == LiveQuality())
    }

    @Test func takesCertainMistakes() throws {
        var quality = LiveQuality()
        Self.record(&quality, true, 0)
        Self.record(&quality, false, 1)
        #expect(abs(quality.logLoss.mean + log(1e-15)) < 1e-9)
        #expect(quality.scores.area == 0)
        #expect(quality.brier.mean == 1)
        #expect(quality.calibration.expectedError == 1)
    }

    @Test func judgesValues() throws {
        var quality = LiveQuality()
        for (truth, predicted) in [(1.0, 2.0), (5, 2), (-1, -1)] {
            quality.record(truth: truth, predicted: predicted)
        }
        for odd in [Double.nan, .infinity, 1e300] {
            let counted = quality.record(truth: odd, predicted: -odd)
            #expect(!counted)
        }
        quality.record(businessValue: 3)
        quality.record(businessValue: .nan)
        #expect(abs(quality.absoluteError.mean - 4.0 / 3) < 1e-12)
        #expect(abs(try #require(quality.rootMeanSquaredError) - (10.0 / 3).squareRoot()) < 1e-12)
        let interval = try #require(quality.rootMeanSquaredErrorInterval(alpha: 0.05))
        #expect(interval.lowerBound == 0)
        #expect(interval.contains((10.0 / 3).squareRoot()))
        #expect(quality.businessValue.mean == 3)
        #expect(quality.businessValue.count == 1)
        #expect(LiveQuality().rootMeanSquaredError == nil)
        #expect(LiveQuality().rootMeanSquaredErrorInterval(alpha: 0.05) == nil)
    }

    @Test func addsUp() throws {
        let rows = Self.rows(1000, seed: 3) { $0.unit() }
        var (whole, left, right) = (LiveQuality(), LiveQuality(), LiveQuality())
        for (index, row) in rows.enumerated() {
            for keepsAll in [true, false] {
                var quality = keepsAll ? whole : index < 300 ? left : right
                Self.record(&quality, row.isPositive, row.score)
                quality.record(truth: row.score, predicted: 1)
                quality.record(businessValue: row.score)
                if keepsAll {
                    whole = quality
                } else if index < 300 {
                    left = quality
                } else {
                    right = quality
                }
            }
        }
        left.merge(right)
        #expect(left.scores == whole.scores)
        let errors = (left.calibration.expectedError, whole.calibration.expectedError)
        #expect(abs(try #require(errors.0) - #require(errors.1)) < 1e-12)
        for path in [
            \LiveQuality.accuracy, \.brier, \.logLoss, \.absoluteError, \.squaredError,
            \.businessValue,
        ] {
            #expect(left[keyPath: path].count == 1000)
            #expect(abs(left[keyPath: path].mean - whole[keyPath: path].mean) < 1e-12)
            #expect(abs(left[keyPath: path].variance - whole[keyPath: path].variance) < 1e-12)
        }
    }

    /// DeLong's variance of the scores themselves, pair by pair, gives the same width.
    @Test func widthIsDeLongs() throws {
        let rows = Self.rows(1000, seed: 4) { 0.1 + 0.6 * $0.unit() }
        var quality = LiveQuality()
        for row in rows { Self.record(&quality, row.isPositive, row.score) }
        let positives = rows.filter(\.isPositive).map(\.score)
        let negatives = rows.filter { !$0.isPositive }.map(\.score)
        func variance(_ places: [Double]) -> Double {
            let mean = places.reduce(0, +) / Double(places.count)
            return places.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
                / Double(places.count - 1) / Double(places.count)
        }
        let above = positives.map { score in
            Double(negatives.count { $0 < score }) / Double(negatives.count)
        }
        let below = negatives.map { score in
            Double(positives.count { $0 > score }) / Double(positives.count)
        }
        let deviation = ((variance(above) + variance(below)) * 1000).squareRoot()
        let expected = ConfidenceSequence.halfWidth(
            deviation: deviation, count: 1000, alpha: 0.05, tuning: 0.01)
        let found = try #require(quality.scores.areaHalfWidth(alpha: 0.05))
        #expect(abs(found / expected - 1) < 0.01)
        #expect(ScoreHistogram().areaHalfWidth(alpha: 0.05) == nil)
    }

    /// However often one looks, from a hundred labels on, the true area is outside in few runs.
    @Test func areaStaysInItsInterval() throws {
        var misses = 0
        for seed in 0..<300 {
            var quality = LiveQuality()
            var isOutside = false
            for (index, row) in Self.rows(1500, seed: UInt64(seed) << 20, { $0.unit() })
                .enumerated()
            {
                Self.record(&quality, row.isPositive, row.score)
                guard index >= 100, index.isMultiple(of: 50) else { continue }
                let area = try #require(quality.scores.area)
                let width = try #require(quality.scores.areaHalfWidth(alpha: 0.05))
                if abs(area - 5.0 / 6) > width { isOutside = true }
            }
            misses += isOutside ? 1 : 0
        }
        #expect(misses <= 15)
    }

    /// The candidate is worth 2 more; shares that change by the hour do not matter, nor other arms.
    @Test func findsADifferenceOfValues() throws {
        var generator = Generator(state: 5)
        var difference = ValueDifference()
        for index in 0..<60_000 {
            let share = [0.1, 0.3, 0.5][index / 20_000]
            let base = Double(index / 20_000) + generator.unit()
            let draw = generator.unit()
            if draw < share {
                difference.record(value: base + 2, arm: .candidate, share: share)
            } else if draw < share + 0.2 {
                difference.record(value: base + 9, arm: .other, share: 0.2)
            } else {
                difference.record(value: base, arm: .stable, share: 0.8 - share)
            }
        }
        let sequence = difference.difference
        let width = try #require(sequence.halfWidth(alpha: 0.05))
        #expect(sequence.count == 60_000)
        #expect(abs(sequence.mean - 2) < width)
        #expect(width < 0.2)
    }

    @Test(arguments: [(1.0, 0.0), (1, 1), (1, .nan), (.nan, 0.5), (.infinity, 0.5)])
    func countsNoValueWithoutAChoice(_ value: Double, _ share: Double) {
        var difference = ValueDifference()
        for arm in [ValueDifference.Arm.stable, .candidate, .other] {
            let counted = difference.record(value: value, arm: arm, share: share)
            #expect(!counted)
        }
        #expect(difference == ValueDifference())
    }

    @Test func differencesAddUp() {
        var (left, right) = (ValueDifference(), ValueDifference())
        left.record(value: 1, arm: .candidate, share: 0.5)
        right.record(value: 3, arm: .stable, share: 0.5)
        left.merge(right)
        #expect(left.difference.mean == -2)
        #expect(left.difference.count == 2)
    }
}
