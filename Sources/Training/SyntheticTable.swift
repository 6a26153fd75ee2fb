// SPDX-License-Identifier: Apache-2.0

/// A seeded two-class data set: normal features, of which every other one counts, with noise.
///
/// Made with additions alone, no logarithm or sine, so that a seed gives the same text on every
/// machine. The label is `yes` where a weighted sum of the features and noise is positive.
package struct SyntheticTable: Sendable {
    package static let target = "label"

    private let rowCount: Int
    private let featureCount: Int
    private let seed: UInt64

    /// - Precondition: both counts are positive.
    package init(rowCount: Int, featureCount: Int, seed: UInt64) {
        precondition(rowCount > 0 && featureCount > 0, "a data set has rows and features")
        self.rowCount = rowCount
        self.featureCount = featureCount
        self.seed = seed
    }

    /// Comma-separated, with a header: `x1,x2,…,label`.
    package var text: [UInt8] {
        var generator = SplitMix64(seed: seed)
        let weights = (0..<featureCount).map { index in
            index % 2 == 0 ? Self.normal(&generator) : 0
        }
        let scale = weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
        var text: [UInt8] = []
        text.reserveCapacity((rowCount + 1) * (featureCount * 8 + 8))
        for index in 1...featureCount { text += Array("x\(index),".utf8) }
        text += Array("\(Self.target)\n".utf8)
        for _ in 0..<rowCount {
            // Noise of half the signal's size leaves about 15 of 100 rows on the wrong side.
            var margin = Self.normal(&generator) * scale / 2
            for weight in weights {
                let thousandths = (Self.normal(&generator) * 1000).rounded()
                margin += weight * thousandths / 1000
                Self.append(Int(thousandths), to: &text)
                text.append(0x2C)
            }
            text += Array((margin > 0 ? "yes\n" : "no\n").utf8)
        }
        return text
    }

    /// The sum of twelve uniform numbers less 6 has mean 0 and variance 1.
    private static func normal(_ generator: inout SplitMix64) -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += generator.unit() }
        return sum
    }

    /// A number of thousandths with three decimals.
    private static func append(_ thousandths: Int, to text: inout [UInt8]) {
        if thousandths < 0 { text.append(0x2D) }
        let magnitude = thousandths.magnitude
        text += Array("\(magnitude / 1000).".utf8)
        for divisor: UInt in [100, 10, 1] {
            text.append(0x30 + UInt8(magnitude / divisor % 10))
        }
    }
}
