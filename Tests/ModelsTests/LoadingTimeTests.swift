// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Models

/// What a file may ask for grows with its size, never with its square: each of these took many
/// times its limit when it did.
struct LoadingTimeTests {
    private static func isQuick(_ body: () throws -> Void) rethrows -> Bool {
        let start = ContinuousClock.now
        try body()
        return ContinuousClock.now - start < .seconds(4)
    }

    /// Terms of which one half is the same.
    @Test(arguments: [0, 32] as [UInt64])
    func findsChosenTerms(_ shift: UInt64) throws {
        let analyser = try #require(TextAnalyser(.word, lengths: 1...1))
        let terms = (0..<60_000 as Range<UInt64>).map { ($0 * 2 + 1) << shift }
        let isQuick = try Self.isQuick {
            let vocabulary = try #require(
                TextVocabulary(
                    analyser: analyser, terms: terms, inverseFrequencies: terms.map { _ in 1 }))
            for (column, term) in terms.enumerated() where column % 7 == 0 {
                #expect(vocabulary.index(of: term) == column)
                #expect(vocabulary.index(of: term + 1) == nil)
                #expect(vocabulary.index(of: term - 1) == nil)
            }
        }
        #expect(isQuick)
    }

    @Test(arguments: [0, 1, 2, 5])
    func findsTermsAtBothEnds(_ count: Int) throws {
        let analyser = try #require(TextAnalyser(.word, lengths: 1...1))
        let terms = Array([0, 1, 1 << 62, .max - 1, .max].prefix(count)) as [UInt64]
        let vocabulary = try #require(
            TextVocabulary(
                analyser: analyser, terms: terms, inverseFrequencies: terms.map { _ in 1 }))
        for (column, term) in terms.enumerated() { #expect(vocabulary.index(of: term) == column) }
        #expect(vocabulary.index(of: 2) == nil)
        #expect(vocabulary.index(of: .max) == (count == 5 ? 4 : nil))
    }

    @Test func tablesManyCategories() throws {
        let values = (0..<20_000).map { "v\($0)" }
        let dictionary = try #require(CategoryDictionary(values: values))
        let schema = try #require(
            FeatureSchema([Feature(name: "id", kind: .category(dictionary))]))
        let count = values.count + 1
        let means = (0..<count).map { Double($0 % 3) / 8 }
        let centres = (0..<2 * count).map { Double($0 % 5) / 4 }
        var margins: [Double] = []
        let isQuick = try Self.isQuick {
            let encoding = try #require(
                KMeansEncoding(schema: schema, standardisations: [nil], columnMeans: means))
            let model = try #require(KMeansModel(encoding: encoding, centres: centres))
            let rows = [0.0, 7, 20_000, .nan]
            model.appendMargins(of: rows.span, to: &margins)
        }
        #expect(isQuick)
        // The definition: all terms are sixty-fourths, so that no sum is rounded.
        let points = [0, 7, 20_000].map { code in (0..<count).map { $0 == code ? 1.0 : 0 } }
        for (row, point) in (points + [means]).enumerated() {
            for cluster in 0..<2 {
                let centre = centres[(cluster * count)...].prefix(count)
                let sum = zip(point, centre).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
                #expect(margins[2 * row + cluster] == -sum)
            }
        }
    }

    /// A chain of splits that all ask for one feature.
    private static func chain(
        _ rules: [DecisionTree.Rule], words: [UInt32]
    ) throws -> TreesModel {
        let count = rules.count
        let splits = rules.enumerated().map { index, rule in
            DecisionTree.Split(
                feature: 0, rule: rule, missing: .nan, defaultsLeft: false, left: ~index,
                right: index + 1 < count ? index + 1 : ~count, cover: 0)
        }
        let tree = try #require(
            DecisionTree(
                splits: splits, categoryWords: words,
                leafValues: (0...count).map { Double($0) },
                leafCovers: [Double](repeating: 0, count: count + 1), firstMargin: 0))
        let aggregation = try #require(TreeAggregation(precision: .float64, start: [0]))
        return try #require(
            TreesModel(featureCount: 1, trees: [tree], aggregation: aggregation))
    }

    /// Each set met each cell of its feature.
    @Test func joinsManyCellsAndSets() throws {
        let sets = (0..<3_000).map { DecisionTree.Rule.categories($0..<$0 + 1) }
        let thresholds = (1...10_000).map { DecisionTree.Rule.threshold(-2 * Double($0)) }
        let isQuick = try Self.isQuick {
            let model = try Self.chain(
                sets + thresholds, words: [UInt32](repeating: 0x8000_0001, count: 3_000))
            var margins: [Double] = []
            let rows = [0.0, 31, 1, -2, -20_000]
            model.appendMargins(of: rows.span, to: &margins)
            #expect(margins == [0, 0, 13_000, 3_000, 3_000])
        }
        #expect(isQuick)
    }

    /// Every other of two million codes is listed: as many cells, which no kernel takes.
    @Test func countsTurnsOfLargeSets() throws {
        let isQuick = try Self.isQuick {
            let model = try Self.chain(
                [.categories(0..<60_000)], words: [UInt32](repeating: 0x5555_5555, count: 60_000))
            #expect(model.kernelNames.row == "plain-walk")
            var margins: [Double] = []
            let rows = [1_000_000.0, 1_000_001]
            model.appendMargins(of: rows.span, to: &margins)
            #expect(margins == [0, 1])
        }
        #expect(isQuick)
    }

    /// An input that is named again and again, and indices that fall.
    @Test func picksInAnyOrder() throws {
        let inputs = [Int](repeating: 0, count: 8_000) + [1]
        let indices = (0..<2 * 8_000 + 3).reversed().map { $0 } + [0, 16_002, 1]
        var margins: [Double] = []
        let isQuick = try Self.isQuick {
            let graph = try GraphModel(
                featureCount: 5,
                nodes: [
                    .init(.numbers(first: 0, GraphType(.float64, 2))),
                    .init(.numbers(first: 2, GraphType(.float64, 3))),
                    .init(.pick(indices), inputs),
                ], answer: .probabilities(2, label: nil))
            let row = [1.0, 2, 3, 4, 5]
            for _ in 0..<20 { graph.appendMargins(of: row.span, to: &margins) }
        }
        #expect(isQuick)
        #expect(margins.count == 20 * indices.count)
        #expect(Array(margins[..<5]) == [5, 4, 3, 2, 1])
        #expect(Array(margins[(indices.count - 5)..<indices.count]) == [2, 1, 1, 5, 2])
    }
}
