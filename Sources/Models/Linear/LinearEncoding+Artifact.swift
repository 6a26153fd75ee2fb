// SPDX-License-Identifier: Apache-2.0
import JSON

/// Tensors: `mean` and `scale` (features; 0 and 1 for all but numbers), `F64`. With texts also
/// `terms` (`U32`, terms × 2: the low and the high half of each hash) and `term_idf` (`F64`), of
/// one vocabulary after the other.
extension LinearEncoding {
    /// For each text feature its vocabularies: `{"analyzer", "ngram_range", "terms"}`. `nil`
    /// without texts.
    var parameters: JSONValue? {
        guard !textBlocks.isEmpty else { return nil }
        return [
            "texts": .array(
                textBlocks.map { block in .array(block.vocabularies.map { $0.vocabulary.json }) })
        ]
    }

    var tensors: [Tensor] {
        let standardisations = blocks.map(\.standardisation)
        var tensors = [
            Tensor("mean", [standardisations.count], standardisations.map { $0?.mean ?? 0 }),
            Tensor("scale", [standardisations.count], standardisations.map { $0?.scale ?? 1 }),
        ]
        guard !textBlocks.isEmpty else { return tensors }
        let vocabularies = textBlocks.flatMap(\.vocabularies).map(\.vocabulary)
        let terms = vocabularies.flatMap(\.terms)
        tensors.append(Tensor("term_idf", .f64(vocabularies.flatMap(\.inverseFrequencies))))
        tensors.append(
            Tensor(
                "terms", [terms.count, 2],
                .u32(
                    terms.flatMap {
                        [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)]
                    })))
        return tensors
    }

    /// - Parameter parameters: what `parameters` wrote; asked for where the schema has texts.
    init(
        _ file: Safetensors, schema: FeatureSchema,
        parameters: () throws(ArtifactError) -> JSONValue
    ) throws(ArtifactError) {
        let standardisations = try file.standardisations(of: schema)
        let hasTexts = schema.features.contains { $0.kind == .text }
        var texts = hasTexts ? try VocabularyReader(file, parameters: parameters()) : nil
        var learnt: [Learnt] = []
        for (feature, standardisation) in zip(schema.features, standardisations) {
            if case .text = feature.kind {
                learnt.append(.text(try texts?.next() ?? []))
            } else {
                learnt.append(standardisation.map { .number($0) } ?? .category)
            }
        }
        try texts?.requireEnd()
        guard let encoding = LinearEncoding(schema: schema, learnt: learnt)
        else { throw .invalidField("mean, scale", "not finite, or a scale is not positive") }
        self = encoding
    }
}

extension TextVocabulary {
    fileprivate var json: JSONValue {
        [
            "analyzer": .string(analyser.unit.rawValue),
            "ngram_range": [
                .integer(analyser.lengths.lowerBound), .integer(analyser.lengths.upperBound),
            ],
            "terms": .integer(count),
        ]
    }
}

extension Safetensors {
    /// How the numbers of a schema are standardised; `nil` for all other features.
    func standardisations(
        of schema: FeatureSchema
    ) throws(ArtifactError) -> [LinearEncoding.Standardisation?] {
        let means = try doubles("mean", shape: [schema.count])
        let scales = try doubles("scale", shape: [schema.count])
        return schema.features.enumerated().map { index, feature in
            feature.kind == .number ? .init(mean: means[index], scale: scales[index]) : nil
        }
    }
}
