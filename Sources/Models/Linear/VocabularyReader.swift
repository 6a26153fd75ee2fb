// SPDX-License-Identifier: Apache-2.0
import JSON

/// Takes the vocabularies of an artifact's texts off its tensors, one feature after the other.
struct VocabularyReader {
    private let texts: [JSONValue]
    private let words: [UInt32]
    private let inverseFrequencies: [Double]
    private var text = 0
    private var term = 0

    init(_ file: Safetensors, parameters: JSONValue) throws(ArtifactError) {
        guard let texts = parameters["texts"]?.array else {
            throw .missingField("parameters.texts")
        }
        self.texts = texts
        inverseFrequencies = try file.doubles("term_idf")
        words = try file.uint32s("terms", shape: [inverseFrequencies.count, 2])
    }

    /// The next text feature's vocabularies.
    mutating func next() throws(ArtifactError) -> [TextVocabulary] {
        guard text < texts.count, let elements = texts[text].array else {
            throw .missingField("parameters.texts[\(text)]")
        }
        var vocabularies: [TextVocabulary] = []
        for (index, element) in elements.enumerated() {
            vocabularies.append(
                try vocabulary(element, "parameters.texts[\(text)][\(index)]"))
        }
        text += 1
        return vocabularies
    }

    private mutating func vocabulary(
        _ json: JSONValue, _ field: String
    ) throws(ArtifactError) -> TextVocabulary {
        let lengths = (json["ngram_range"]?.array ?? []).compactMap(\.integer)
        guard let name = json["analyzer"]?.string, let unit = TextAnalyser.Unit(rawValue: name),
            lengths.count == 2, lengths[0] <= lengths[1],
            let analyser = TextAnalyser(unit, lengths: lengths[0]...lengths[1])
        else { throw .invalidField(field, "not an analyzer with its ngram_range") }
        guard let count = json["terms"]?.integer, count >= 0,
            count <= inverseFrequencies.count - term
        else { throw .invalidField("\(field).terms", "more than there are") }
        let range = term..<term + count
        guard
            let vocabulary = TextVocabulary(
                analyser: analyser,
                terms: range.map { UInt64(words[2 * $0]) | UInt64(words[2 * $0 + 1]) << 32 },
                inverseFrequencies: Array(inverseFrequencies[range]))
        else {
            throw .invalidField("terms, term_idf", "hashes do not rise, or an idf is not positive")
        }
        term += count
        return vocabulary
    }

    /// - Throws: when something is left over.
    func requireEnd() throws(ArtifactError) {
        guard text == texts.count, term == inverseFrequencies.count else {
            throw .invalidField("parameters.texts", "leaves texts or terms over")
        }
    }
}
