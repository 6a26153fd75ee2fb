// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Models

/// Whatever finds the leaves, the answer is that of the plain walk, bit for bit.
struct TreeKernelTests {
    static let shapes: [RandomEnsemble.Shape] = [
        .init(seed: 1), .init(seed: 2, precision: .float32),
        .init(seed: 3, trees: 100, leaves: 31...31, features: 28, categoryShare: 0),
        .init(seed: 4, trees: 1, leaves: 1...1), .init(seed: 5, trees: 3, leaves: 1...2),
        .init(seed: 6, trees: 70, leaves: 2...16), .init(seed: 7, trees: 40, leaves: 33...64),
        .init(seed: 8, leaves: 1...16, features: 1, categoryShare: 1),
        .init(seed: 9, leaves: 20...64, precision: .float32, isDeep: true),
        .init(seed: 10, trees: 21, leaves: 5...31, margins: 3),
        .init(seed: 11, trees: 30, precision: .float32, margins: 5),
        .init(seed: 12, trees: 9, leaves: 65...300, features: 40),
        .init(
            seed: 13, trees: 20, leaves: 200...200, precision: .float32, margins: 2, isDeep: true),
        .init(seed: 14, trees: 33, leaves: 8...32, features: 300),
    ]

    @Test(arguments: shapes)
    func kernelsAgree(_ shape: RandomEnsemble.Shape) throws {
        var ensemble = RandomEnsemble(shape)
        let made = ensemble.model()
        let model = try #require(made)
        let rows = ensemble.rows(150)
        let expected = Self.plain(model, rows)
        let variants = model.variants
        let mostLeaves = model.trees.map(\.leafCount).max() ?? 0
        #expect(
            Set(variants.map(\.kernel))
                == Set(
                    ["plain-walk", "interleaved-walk"] + (mostLeaves <= 64 ? ["leaf-masks"] : [])))
        for variant in variants {
            // Eights of rows, a rest, and a row alone take different ways.
            for count in [150, 64, 13, 8, 1] {
                var margins: [Double] = []
                variant.model.appendMargins(
                    of: rows.span.extracting(first: count * shape.features), to: &margins)
                let isSame =
                    margins.map(\.bitPattern)
                    == expected.prefix(count * shape.margins).map(\.bitPattern)
                #expect(isSame, "\(variant.kernel), \(count) rows")
            }
            var margins: [Double] = []
            for row in 0..<150 {
                variant.model.appendMargins(
                    of: rows.span.extracting(row * shape.features..<(row + 1) * shape.features),
                    to: &margins)
            }
            #expect(margins.map(\.bitPattern) == expected.map(\.bitPattern), "\(variant.kernel)")
        }
    }

    /// Many small ensembles, as a mistake may need a rare meeting of rules.
    @Test func kernelsAgreeOnManyEnsembles() throws {
        for seed in 100..<400 as Range<UInt64> {
            var ensemble = RandomEnsemble(
                .init(
                    seed: seed, trees: 4, leaves: 1...20, features: 3,
                    precision: seed % 2 == 0 ? .float32 : .float64, margins: 1 + Int(seed % 3)))
            let made = ensemble.model(divisor: 4, scale: seed % 5 == 0 ? 0.5 : 1)
            let model = try #require(made)
            let rows = ensemble.rows(40)
            let expected = Self.plain(model, rows).map(\.bitPattern)
            for variant in model.variants {
                var margins: [Double] = []
                variant.model.appendMargins(of: rows.span, to: &margins)
                let isSame = margins.map(\.bitPattern) == expected
                #expect(isSame, "seed \(seed), \(variant.kernel)")
            }
        }
    }

    /// What a kernel works in is taken off again, and what stood there before stays.
    @Test func appendsNothingButMargins() throws {
        var ensemble = RandomEnsemble(.init(seed: 20, margins: 2))
        let made = ensemble.model()
        let model = try #require(made)
        let rows = ensemble.rows(9)
        for variant in model.variants {
            var margins = [1.0, 2.0]
            variant.model.appendMargins(of: rows.span, to: &margins)
            #expect(margins.count == 2 + 9 * 2)
            #expect(margins[..<2] == [1, 2])
        }
    }

    @Test func ensembleOfAnotherKernelIsEqual() throws {
        var ensemble = RandomEnsemble(.init(seed: 21, categoryShare: 0, isDeep: true))
        let made = ensemble.model()
        let model = try #require(made)
        for variant in model.variants {
            // NaN thresholds make a tree unequal to itself.
            #expect((variant.model == model) == (model.trees == model.trees))
        }
    }

    /// A clock by which one kernel is slow: the other is taken.
    @Test(arguments: ["plain-walk", "interleaved-walk", "leaf-masks"])
    func takesWhatMeasuresBest(_ quick: String) throws {
        var ensemble = RandomEnsemble(.init(seed: 22))
        let made = ensemble.model()
        let model = try #require(made)
        let names = model.variants.map(\.kernel)
        // Three readings a kernel, in turn.
        var readings = 0
        var time: UInt64 = 0
        let calibrated = model.calibrated {
            let kernel = names[readings / 3 % names.count]
            readings += 1
            time += kernel == quick ? 1 : 1_000
            return time
        }
        let chosen = calibrated.kernelNames
        #expect(chosen.row == quick)
        #expect(chosen.batch == quick)
    }

    private static func plain(_ model: TreesModel, _ rows: [Double]) -> [Double] {
        let aggregation = model.aggregation
        var margins: [Double] = []
        for start in stride(from: 0, to: rows.count, by: model.featureCount) {
            let row = rows[start..<start + model.featureCount].map {
                aggregation.precision.rounded($0)
            }
            var sums = aggregation.start
            for tree in model.trees {
                let leaf = tree.leaf(of: row.span)
                for index in 0..<tree.leafWidth {
                    let value = tree.leafValues[leaf * tree.leafWidth + index]
                    let margin = tree.firstMargin + index
                    sums[margin] =
                        aggregation.precision == .float32
                        ? Double(Float(sums[margin]) + Float(value)) : sums[margin] + value
                }
            }
            margins += sums.indices.map { aggregation.finished(sums[$0], margin: $0) }
        }
        return margins
    }
}
