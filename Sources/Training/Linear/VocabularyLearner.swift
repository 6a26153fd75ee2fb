// SPDX-License-Identifier: Apache-2.0
import Glibc
package import Models

/// Learns which terms a text feature's vocabularies keep, and how rare each is.
package struct VocabularyLearner: Equatable, Sendable {
    package let analysers: [TextAnalyser]
    /// A term in fewer texts than this is left out: scikit-learn's `min_df`.
    package let documentCountMin: Int
    /// How many terms a vocabulary has at most, the most frequent: `max_features`.
    package let termCountMax: Int

    package init(analysers: [TextAnalyser], documentCountMin: Int, termCountMax: Int) {
        self.analysers = analysers
        self.documentCountMin = documentCountMin
        self.termCountMax = termCountMax
    }

    /// Words and their pairs, and two to four characters within words.
    package static let standard = VocabularyLearner(
        analysers: [
            TextAnalyser(.word, lengths: 1...2), TextAnalyser(.character, lengths: 2...4),
        ].compactMap(\.self), documentCountMin: 2, termCountMax: 1 << 20)

    /// One vocabulary for each analyser.
    func learn(_ data: Dataset, feature: Int) throws(TrainingError) -> [TextVocabulary] {
        let slots = stride(from: feature, to: data.rows.count, by: data.schema.count)
        let ranges = slots.compactMap { data.texts.range(of: data.rows[$0]) }
        var vocabularies: [TextVocabulary] = []
        for analyser in analysers {
            vocabularies.append(try vocabulary(analyser, data.texts.bytes, ranges))
        }
        return vocabularies
    }

    private func vocabulary(
        _ analyser: TextAnalyser, _ bytes: [UInt8], _ ranges: [Range<Int>]
    ) throws(TrainingError) -> TextVocabulary {
        var counts: [UInt64: Int] = [:]
        var terms: [UInt64] = []
        let text = bytes.span
        for range in ranges {
            terms.removeAll(keepingCapacity: true)
            analyser.appendTerms(of: text.extracting(range), to: &terms)
            for term in Set(terms) { counts[term, default: 0] += 1 }
        }
        // A total order, so that the same terms are kept whatever the order of the dictionary.
        let kept = counts.filter { $0.value >= documentCountMin }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .prefix(termCountMax).sorted { $0.key < $1.key }
        let total = Double(1 + ranges.count)
        guard
            let vocabulary = TextVocabulary(
                analyser: analyser, terms: kept.map(\.key),
                inverseFrequencies: kept.map { log(total / Double(1 + $0.value)) + 1 })
        else { throw .inconsistent("a vocabulary's terms do not rise") }
        return vocabulary
    }
}
