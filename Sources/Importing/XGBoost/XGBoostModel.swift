// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

extension ImportedModel {
    /// Reads an XGBoost model, JSON or UBJSON, of version 1.0 or later.
    init(xgBoost bytes: [UInt8]) throws(ImportError) {
        let isText = bytes.count < 2 || !"iUIlL".utf8.contains(bytes[1])
        let document =
            isText
            ? try Document(json: bytes.span, decimals: .float32) : try UBJSONReader.document(bytes)
        let learner = try XGBoostLearner(DocumentField(document, path: ""))
        let booster = learner.booster
        let name = try booster.member("name").string()
        switch name {
        case "gblinear": self = try learner.linear(booster.member("model"))
        case "gbtree":
            let model = try booster.member("model")
            self = try learner.trees(
                model, weights: model.optional("weight_drop"), booster: name)
        case "dart":
            // Until 3.2 the trees are those of a booster inside.
            if let inner = try booster.optional("gbtree") {
                self = try learner.trees(
                    inner.member("model"), weights: booster.member("weight_drop"), booster: name)
            } else {
                let model = try booster.member("model")
                self = try learner.trees(
                    model, weights: model.member("weight_drop"), booster: name)
            }
        default: throw .unsupported("booster '\(name)'")
        }
    }
}

/// What stands above the booster in an XGBoost file.
struct XGBoostLearner {
    let booster: DocumentField
    private let learner: DocumentField
    private let version: [Int]
    private let featureCount: Int
    private let objective: XGBoostObjective
    /// One for each output.
    private let baseMargins: [Double]

    init(_ root: DocumentField) throws(ImportError) {
        version = try root.member("version").integers(in: 0...1 << 16)
        learner = try root.member("learner")
        booster = try learner.member("gradient_booster")
        let parameters = try learner.member("learner_model_param")
        featureCount = try parameters.member("num_feature").integer(in: 1...1 << 24)
        let classCount = try parameters.member("num_class").integer(in: 0...1 << 16)
        let targetCount = try parameters.optional("num_target")?.integer(in: 0...1 << 20) ?? 1
        guard targetCount <= 1 else { throw .unsupported("\(targetCount) targets") }
        let outputCount = max(1, classCount)
        objective = try XGBoostObjective(
            learner.member("objective").member("name").string(), outputCount: outputCount)
        let scores = try Self.baseScores(parameters.member("base_score"))
        guard scores.count == 1 || scores.count == outputCount else {
            throw .malformed(field: "base_score", reason: "not one number, nor one an output")
        }
        var margins: [Double] = []
        for score in scores { margins.append(Double(try objective.margin(of: score))) }
        if margins.count < outputCount {
            margins = [Double](repeating: margins[0], count: outputCount)
        }
        baseMargins = margins
    }

    /// `5E-1`, or since 3.1 `[2.5E-1,5E-1]`.
    private static func baseScores(_ field: DocumentField) throws(ImportError) -> [Float] {
        var text = Substring(try field.string())
        if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
        var scores: [Float] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let score = Float(word), score.isFinite else {
                throw field.malformed("'\(word)' is no number")
            }
            scores.append(score)
        }
        return scores
    }

    private func origin(booster: String, members: [JSONValue.Member]) -> JSONValue {
        .object(
            [
                .init(name: "format", value: "xgboost"),
                .init(
                    name: "version",
                    value: .string(version.map { String($0) }.joined(separator: "."))),
                .init(name: "objective", value: .string(objective.name)),
                .init(name: "booster", value: .string(booster)),
            ] + members)
    }

    /// - Parameter weights: a dart booster's, one for each tree.
    func trees(
        _ model: DocumentField, weights: DocumentField?, booster: String
    ) throws(ImportError) -> ImportedModel {
        let schema = try FeatureSchema(
            learner, count: featureCount, categories: model.optional("cats"))
        let fields = try model.member("trees").list()
        let outputs = try model.member("tree_info")
            .integers(in: 0...baseMargins.count - 1, count: fields.count)
        let weights = try weights?.numbers(count: fields.count)
        var trees: [DecisionTree] = []
        var wordCount = 0
        for (index, field) in fields.enumerated() {
            let tree = try XGBoostTree(
                field, name: "tree \(index)", schema: schema,
                weight: weights.map { Float($0[index]) } ?? 1
            ).tree(
                firstMargin: outputs[index],
                wordCountMax: TreeBuilder.modelWordCountMax - wordCount)
            wordCount += tree.categoryWords.count
            trees.append(tree)
        }
        // Each output has a tree of its own in every round.
        guard trees.count >= baseMargins.count else {
            throw .malformed(field: "trees", reason: "none, or not one an output")
        }
        return try ImportedModel(
            schema: schema, trees: trees,
            aggregation: TreeAggregation(precision: .float32, start: baseMargins),
            output: objective.output,
            origin: origin(
                booster: booster, members: [.init(name: "trees", value: .integer(trees.count))]))
    }

    /// Weights feature by feature, an entry for each output, and behind them the biases.
    func linear(_ model: DocumentField) throws(ImportError) -> ImportedModel {
        let schema = try FeatureSchema(learner, count: featureCount, categories: nil)
        let outputCount = baseMargins.count
        let values = try model.member("weights").floats(count: (featureCount + 1) * outputCount)
        // The library adds the base to the bias before anything else, and takes the first output's
        // for all of them (gblinear.cc, as of 3.2).
        let intercepts = (0..<outputCount).map { output in
            Double(Float(values[featureCount * outputCount + output]) + Float(baseMargins[0]))
        }
        // A column for the value, and one for a missing value, which adds nothing.
        var weights: [Double] = []
        for output in 0..<outputCount {
            for feature in 0..<featureCount {
                weights += [values[feature * outputCount + output], 0]
            }
        }
        let standardisation = LinearEncoding.Standardisation(mean: 0, scale: 1)
        guard
            let encoding = LinearEncoding(
                schema: schema,
                standardisations: schema.features.map { _ in standardisation }),
            let linear = LinearModel(
                encoding: encoding, weights: weights, intercepts: intercepts,
                precision: .float32)
        else { throw model.malformed("a weight that is not finite") }
        return ImportedModel(
            schema: schema, kind: .linear(linear), output: objective.output,
            goldenRecords: GoldenRecords(schema: schema).records,
            origin: origin(booster: "gblinear", members: []))
    }
}
