// SPDX-License-Identifier: Apache-2.0

/// How a row becomes the columns that a linear model weighs.
///
/// A number gives two columns: the value standardised, `(x - mean) / scale`, and whether it is
/// missing (the first is then 0). A category with `n` values gives `n + 2` columns of which one is
/// 1: the values in the dictionary's order, any other value, missing. A text gives a column that
/// tells whether it is missing, and one for each term of its vocabularies.
package struct LinearEncoding: Equatable, Sendable {
    package struct Standardisation: Equatable, Sendable {
        package let mean: Double
        /// Population standard deviation; 1 where the feature does not vary.
        package let scale: Double

        package init(mean: Double, scale: Double) {
            self.mean = mean
            self.scale = scale
        }
    }

    /// What training learnt of a feature, beyond its schema.
    package enum Learnt: Equatable, Sendable {
        case number(Standardisation)
        case category
        case text([TextVocabulary])
    }

    /// The columns of one feature, from `offset` on.
    package struct Block: Equatable, Sendable {
        package let offset: Int
        package let columnCount: Int
        /// For a category: how many values its dictionary has.
        let categoryCount: Int
        /// For a number.
        let standardisation: Standardisation?
        let isText: Bool

        /// The one column that is not 0 for this value, and what stands there; of a text, the
        /// column that tells whether it is missing.
        @inline(__always)
        package func entry(_ value: Double) -> (column: Int, value: Double) {
            if let standardisation {
                return value.isNaN
                    ? (offset + 1, 1)
                    : (offset, (value - standardisation.mean) / standardisation.scale)
            }
            if isText { return (offset, value.isNaN ? 1 : 0) }
            // A row's codes are never above `otherCode`; the bound keeps a wrong row harmless.
            return (offset + (value.isNaN ? categoryCount + 1 : min(Int(value), categoryCount)), 1)
        }
    }

    /// The terms of one text feature.
    struct TextBlock: Equatable, Sendable {
        let feature: Int
        /// Each with the column of its first term.
        let vocabularies: [(vocabulary: TextVocabulary, offset: Int)]

        static func == (left: Self, right: Self) -> Bool {
            left.feature == right.feature
                && left.vocabularies.elementsEqual(right.vocabularies) {
                    $0.vocabulary == $1.vocabulary && $0.offset == $1.offset
                }
        }
    }

    package let blocks: [Block]
    let textBlocks: [TextBlock]
    package let columnCount: Int

    /// - Parameter learnt: one for each feature, of the feature's kind.
    package init?(schema: FeatureSchema, learnt: [Learnt]) {
        guard learnt.count == schema.count else { return nil }
        var blocks: [Block] = []
        var textBlocks: [TextBlock] = []
        var offset = 0
        for (index, feature) in schema.features.enumerated() {
            var categoryCount = 0
            var standardisation: Standardisation?
            var columnCount = 2
            switch (feature.kind, learnt[index]) {
            case (.number, .number(let learnt)):
                guard learnt.mean.isFinite, learnt.scale.isFinite, learnt.scale > 0 else {
                    return nil
                }
                standardisation = learnt
            case (.category(let dictionary), .category):
                categoryCount = dictionary.otherCode
                columnCount = categoryCount + 2
            case (.text, .text(let vocabularies)):
                let text = TextBlock(index, vocabularies, after: offset)
                columnCount = 1 + vocabularies.reduce(0) { $0 + $1.count }
                textBlocks.append(text)
            default: return nil
            }
            blocks.append(
                Block(
                    offset: offset, columnCount: columnCount, categoryCount: categoryCount,
                    standardisation: standardisation, isText: feature.kind == .text))
            offset += columnCount
        }
        self.blocks = blocks
        self.textBlocks = textBlocks
        columnCount = offset
    }

    /// For a schema without texts.
    ///
    /// - Parameter standardisations: one for each feature; `nil` for categories and only for them.
    package init?(schema: FeatureSchema, standardisations: [Standardisation?]) {
        self.init(
            schema: schema, learnt: standardisations.map { $0.map { .number($0) } ?? .category })
    }

    /// What was learnt, feature by feature.
    package var learnt: [Learnt] {
        var texts = textBlocks.makeIterator()
        return blocks.map { block in
            if let standardisation = block.standardisation { return .number(standardisation) }
            guard block.isText else { return .category }
            return .text(texts.next()?.vocabularies.map(\.vocabulary) ?? [])
        }
    }

    /// The columns of a row's texts that are not 0, beside those of `Block.entry`.
    ///
    /// - Parameters:
    ///   - body: told the feature, the column and what stands there, columns rising.
    package func forEachTerm(
        of row: Span<Double>, texts: borrowing RowTexts, _ scratch: inout TextScratch,
        _ body: (_ feature: Int, _ column: Int, _ value: Double) -> Void
    ) {
        for block in textBlocks {
            guard let range = texts.range(of: row[block.feature]) else { continue }
            for (vocabulary, offset) in block.vocabularies {
                vocabulary.readVector(of: texts.bytes.span.extracting(range), &scratch)
                for (column, value) in scratch.vector {
                    body(block.feature, offset + column, value)
                }
            }
        }
    }
}

extension LinearEncoding.TextBlock {
    fileprivate init(
        _ index: Int, _ vocabularies: [TextVocabulary], after offset: Int
    ) {
        self.feature = index
        // The first column tells whether the text is missing.
        var offset = offset + 1
        self.vocabularies = vocabularies.map { vocabulary in
            defer { offset += vocabulary.count }
            return (vocabulary, offset)
        }
    }
}
