// SPDX-License-Identifier: Apache-2.0
import Models

/// Tree ensembles.
extension ONNXImporter {
    /// Whether the value is all of the row, untouched.
    private func isRow(_ value: ONNXValue) -> Bool {
        builder.nodes[value.node].operation
            == .numbers(first: 0, GraphType(.float32, builder.features.count))
    }

    private func precision(_ value: ONNXValue) -> Precision {
        value.element == .float64 ? .float64 : .float32
    }

    private mutating func margins(
        _ model: TreesModel, _ input: ONNXValue, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        for split in model.trees.prefix(8).flatMap(\.splits) where !input.sources.isEmpty {
            guard let source = input.sources[split.feature],
                case .threshold(let threshold) = split.rule
            else { continue }
            builder.note(landmark: threshold, of: source)
        }
        return ONNXValue(
            node: try add(.trees(model), [input.node], node.place), element: .float32,
            shape: [1, model.outputCount], rowAxis: 0)
    }

    private func model(
        _ ensemble: ONNXEnsemble, _ trees: [DecisionTree], marginCount: Int,
        divisor: Double = 1, bias: [Double], _ node: ONNXNodeReader
    ) throws(ImportError) -> TreesModel {
        guard bias.isEmpty || bias.count == marginCount else {
            throw node.malformed("not as many base values as margins")
        }
        guard
            let aggregation = TreeAggregation(
                precision: ensemble.precision, start: [Double](repeating: 0, count: marginCount),
                divisor: divisor, bias: bias.isEmpty ? nil : bias),
            let model = TreesModel(
                featureCount: ensemble.featureCount, trees: trees, aggregation: aggregation)
        else { throw node.unsupported("thresholds or weights beyond the input's precision") }
        return model
    }

    mutating func ensembleRegressor(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let input = try rows(node)
        let count = try node.integer("n_targets") ?? 1
        let aggregate = try node.string("aggregate_function") ?? "SUM"
        try requireNoTransform(&node)
        let ensemble = try ONNXEnsemble(
            &node, prefix: "target", precision: precision(input), featureCount: input.count)
        guard count > 0, count <= 1 << 16 else { throw node.malformed("no targets") }
        let trees = try ensemble.trees(marginCount: count)
        switch aggregate {
        case "SUM", "AVERAGE":
            let model = try model(
                ensemble, trees, marginCount: count,
                divisor: aggregate == "SUM" ? 1 : Double(ensemble.treeCount),
                bias: ensemble.baseValues, node)
            var result = try margins(model, input, node)
            if isRow(input), count == 1 {
                result.ensemble = ONNXPlainEnsemble(model: model, link: .identity)
            }
            return result
        case "MIN", "MAX":
            let reduction: GraphReduction = aggregate == "MIN" ? .minimum : .maximum
            return try extreme(reduction, ensemble, trees, count, input, node)
        default: throw node.unsupported("aggregate_function \(aggregate)")
        }
    }

    /// Each tree's own values, and the least or largest of them for each target.
    private mutating func extreme(
        _ reduction: GraphReduction, _ ensemble: ONNXEnsemble, _ trees: [DecisionTree],
        _ count: Int, _ input: ONNXValue, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let (marginCount, overflow) = count.multipliedReportingOverflow(by: trees.count)
        guard !overflow, marginCount <= 1 << 20 else { throw node.unsupported("so many targets") }
        var apart: [DecisionTree] = []
        for (index, tree) in trees.enumerated() {
            guard tree.leafWidth == count,
                let moved = DecisionTree(
                    splits: tree.splits, categoryWords: [], leafValues: tree.leafValues,
                    leafCovers: tree.leafCovers, firstMargin: index * count)
            else { throw node.unsupported("leaves without a weight for each target") }
            apart.append(moved)
        }
        let model = try model(ensemble, apart, marginCount: marginCount, bias: [], node)
        let each = try margins(model, input, node).reshaped([1, trees.count, count], rowAxis: 0)
        let result = try reduce(each, reduction, axes: [1], keeps: false, node)
        guard !ensemble.baseValues.isEmpty else { return result }
        guard ensemble.baseValues.count == count else { throw node.malformed("base values") }
        return try apply(
            .add, result, try constant(ensemble.baseValues, .float32, [count], node.place), node)
    }

    mutating func ensembleClassifier(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> [ONNXValue] {
        let input = try rows(node)
        let labels = try labels(&node)
        let transform = try transform(&node)
        let ensemble = try ONNXEnsemble(
            &node, prefix: "class", precision: precision(input), featureCount: input.count)
        let isPlain = isRow(input)
        if labels.count == 2 {
            return try binary(ensemble, labels, transform, input, isPlain: isPlain, node)
        }
        guard labels.count > 2 else { throw node.malformed("one label") }
        let model = try model(
            ensemble, try ensemble.trees(marginCount: labels.count), marginCount: labels.count,
            bias: ensemble.baseValues, node)
        let scores = try margins(model, input, node)
        var probabilities = try apply(transform, scores, node)
        if isPlain {
            let link: Link =
                switch transform {
                case .none: .identity
                case .logistic: .logistic(slope: 1, intercept: 0)
                case .softmax: .softmax(scale: 1)
                }
            probabilities.ensemble = ONNXPlainEnsemble(model: model, link: link)
        }
        return [try winner(scores, labels, node), probabilities]
    }
    /// Two labels by the weights of class 0: the second's probability where none is negative, else
    /// its margin.
    private mutating func binary(
        _ ensemble: ONNXEnsemble, _ labels: [String], _ transform: Transform, _ input: ONNXValue,
        isPlain: Bool, _ node: ONNXNodeReader
    ) throws(ImportError) -> [ONNXValue] {
        guard ensemble.weightIDs == [0], ensemble.baseValues.count <= 1 else {
            throw node.unsupported("two labels with weights of their own")
        }
        let model = try model(
            ensemble, try ensemble.trees(marginCount: 1), marginCount: 1,
            bias: ensemble.baseValues, node)
        let score = try margins(model, input, node)
        let isProbability = !ensemble.hasNegativeWeight
        let pair: Pair =
            if transform == .logistic { .logistic } else if isProbability { .complement } else {
                .mirror
            }
        var outputs = try binary(score, labels, bound: isProbability ? 0.5 : 0, pair, node)
        if isPlain, isProbability != (transform == .logistic) {
            outputs[1].ensemble = ONNXPlainEnsemble(
                model: model,
                link: isProbability ? .identity : .logistic(slope: 1, intercept: 0))
        }
        return outputs
    }
}
