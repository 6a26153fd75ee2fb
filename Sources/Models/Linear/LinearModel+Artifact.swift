// SPDX-License-Identifier: Apache-2.0
import JSON

/// Tensors: `mean` and `scale` (features; 0 and 1 for all but numbers), `weights` (outputs ×
/// columns), `intercepts` (outputs), all `F64`. With texts also `terms` (`U32`, terms × 2: the low
/// and the high half of each hash) and `term_idf` (`F64`), of one vocabulary after the other.
extension LinearModel {
    /// For each text feature its vocabularies: `{"analyzer", "ngram_range", "terms"}`. `nil` without
    /// texts.
    var parameters: JSONValue? {
        guard !encoding.textBlocks.isEmpty else { return nil }
        return [
            "texts": .array(
                encoding.textBlocks.map { block in
                    .array(block.vocabularies.map { $0.vocabulary.json })
                })
        ]
    }

    var tensors: [Tensor] {
        let standardisations = encoding.blocks.map(\.standardisation)
        var tensors = [
            Tensor("intercepts", [outputCount], intercepts),
            Tensor("mean", [standardisations.count], standardisations.map { $0?.mean ?? 0 }),
            Tensor("scale", [standardisations.count], standardisations.map { $0?.scale ?? 1 }),
        ]
        let vocabularies = encoding.textBlocks.flatMap(\.vocabularies).map(\.vocabulary)
        if !encoding.textBlocks.isEmpty {
            let terms = vocabularies.flatMap(\.terms)
            tensors.append(
                Tensor("term_idf", .f64(vocabularies.flatMap(\.inverseFrequencies))))
            tensors.append(
                Tensor(
                    "terms", [terms.count, 2],
                    .u32(
                        terms.flatMap {
                            [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)]
                        })))
        }
        tensors.append(Tensor("weights", [outputCount, encoding.columnCount], weights))
        return tensors
    }

    init(
        _ file: Safetensors, parameters: () throws(ArtifactError) -> JSONValue,
        schema: FeatureSchema, output: Output
    ) throws(ArtifactError) {
        let means = try file.doubles("mean", shape: [schema.count])
        let scales = try file.doubles("scale", shape: [schema.count])
        let hasTexts = schema.features.contains { $0.kind == .text }
        var texts = hasTexts ? try VocabularyReader(file, parameters: parameters()) : nil
        var learnt: [LinearEncoding.Learnt] = []
        for (index, feature) in schema.features.enumerated() {
            switch feature.kind {
            case .number: learnt.append(.number(.init(mean: means[index], scale: scales[index])))
            case .category: learnt.append(.category)
            case .text: learnt.append(.text(try texts?.next() ?? []))
            }
        }
        try texts?.requireEnd()
        guard let encoding = LinearEncoding(schema: schema, learnt: learnt)
        else { throw .invalidField("mean, scale", "not finite, or a scale is not positive") }
        let outputCount = output.marginCount
        let weights = try file.doubles("weights", shape: [outputCount, encoding.columnCount])
        let intercepts = try file.doubles("intercepts", shape: [outputCount])
        guard
            let model = LinearModel(encoding: encoding, weights: weights, intercepts: intercepts)
        else { throw .invalidField("weights, intercepts", "a number is not finite") }
        self = model
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
