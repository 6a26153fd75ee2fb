// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

extension ImportedModel {
    /// Reads a CatBoost model in JSON, of oblivious trees or others.
    ///
    /// CatBoost compares in `float` and sums in `double`: thresholds become the largest doubles
    /// that round to the border, and all is then computed in double.
    init(catBoost bytes: [UInt8]) throws(ImportError) {
        let root = DocumentField(
            try Document(json: bytes.span, decimals: .float64), path: "")
        let scaleAndBias = try root.member("scale_and_bias").list()
        guard scaleAndBias.count == 2 else {
            throw .malformed(field: "scale_and_bias", reason: "not a scale and a bias")
        }
        let scale = try scaleAndBias[0].number()
        // A plain number in files before 1.0.
        let bias =
            if case .number(let number) = scaleAndBias[1].document { [number] } else {
                try scaleAndBias[1].numbers()
            }
        guard !bias.isEmpty, bias.count <= 1 << 20 else {
            throw .malformed(field: "scale_and_bias[1]", reason: "no number, or too many")
        }
        let features = try CatBoostFeatures(root)
        let loss = try CatBoostLoss(root.member("model_info"), dimension: bias.count)
        let areOblivious = try root.optional("oblivious_trees") != nil
        let fields = try root.member(areOblivious ? "oblivious_trees" : "trees").list()
        var trees: [DecisionTree] = []
        var wordCount = 0
        for (index, field) in fields.enumerated() {
            let name = "tree \(index)"
            let width = bias.count
            let foreign =
                areOblivious
                ? try CatBoostTree(oblivious: field, name: name, features: features, width: width)
                : try CatBoostTree(nested: field, name: name, features: features, width: width)
            let tree = try foreign.tree(
                wordCountMax: TreeBuilder.modelWordCountMax - wordCount)
            wordCount += tree.categoryWords.count
            trees.append(tree)
        }
        let aggregation = TreeAggregation(
            precision: .float64, start: [Double](repeating: 0, count: bias.count), scale: scale,
            bias: bias)
        self = try ImportedModel(
            schema: features.schema, trees: trees, aggregation: aggregation, output: loss.output,
            origin: [
                "format": "catboost", "objective": .string(loss.name),
                "trees": .integer(trees.count),
            ])
    }
}
