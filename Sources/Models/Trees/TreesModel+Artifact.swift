// SPDX-License-Identifier: Apache-2.0
import JSON

/// Tensors, all trees one after the other: `tree_splits`, `tree_first_margins`, `tree_leaf_widths`
/// (`I32`, trees); `split_features` (`I32`), `split_thresholds` (`F64`; 0 for categories),
/// `split_flags` (`U8`: bit 0 category, bit 1 default left, bits 2 and 3 the missing type, as
/// LightGBM's `decision_type`), `split_children` (`I32`, splits × 2: a split of the same tree or
/// the complement of a leaf), `split_covers` (`F64`), `split_words` (`I32`: how many of
/// `category_words` are this split's); `category_words` (`U32`); `leaf_values`, `leaf_covers`
/// (`F64`).
extension TreesModel {
    /// `precision`, `start`, `divisor`, `scale` and `bias` of the aggregation.
    var parameters: JSONValue {
        [
            "precision": .string(aggregation.precision.rawValue),
            "start": .array(aggregation.start.map { .number($0) }),
            "divisor": .number(aggregation.divisor), "scale": .number(aggregation.scale),
            "bias": .array(aggregation.bias.map { .number($0) }),
        ]
    }

    var tensors: [Tensor] {
        let splits = trees.flatMap(\.splits)
        var words: [UInt32] = []
        var wordCounts: [Int32] = []
        for tree in trees {
            for split in tree.splits {
                guard case .categories(let range) = split.rule else {
                    wordCounts.append(0)
                    continue
                }
                words += tree.categoryWords[range]
                wordCounts.append(Int32(range.count))
            }
        }
        return [
            Tensor("category_words", .u32(words)),
            Tensor("leaf_covers", .f64(trees.flatMap(\.leafCovers))),
            Tensor("leaf_values", .f64(trees.flatMap(\.leafValues))),
            Tensor(
                "split_children", [splits.count, 2],
                .i32(splits.flatMap { [Int32($0.left), Int32($0.right)] })),
            Tensor("split_covers", .f64(splits.map(\.cover))),
            Tensor("split_features", .i32(splits.map { Int32($0.feature) })),
            Tensor("split_flags", .u8(splits.map(\.flags))),
            Tensor("split_thresholds", .f64(splits.map(\.threshold))),
            Tensor("split_words", .i32(wordCounts)),
            Tensor("tree_first_margins", .i32(trees.map { Int32($0.firstMargin) })),
            Tensor("tree_leaf_widths", .i32(trees.map { Int32($0.leafWidth) })),
            Tensor("tree_splits", .i32(trees.map { Int32($0.splits.count) })),
        ]
    }

    init(
        _ file: Safetensors, parameters: JSONValue, featureCount: Int
    ) throws(ArtifactError) {
        let aggregation = try Self.aggregation(parameters)
        var reader = try TreeTensorReader(file)
        var trees: [DecisionTree] = []
        while let tree = try reader.next() { trees.append(tree) }
        guard
            let model = TreesModel(
                featureCount: featureCount, trees: trees, aggregation: aggregation)
        else {
            throw .invalidField(
                "trees", "none, or a feature, margin or number is out of its range")
        }
        self = model
    }

    private static func aggregation(_ json: JSONValue) throws(ArtifactError) -> TreeAggregation {
        guard let name = json["precision"]?.string,
            let precision = Precision(rawValue: name)
        else { throw .invalidField("parameters.precision", "neither float32 nor float64") }
        func numbers(_ name: String) throws(ArtifactError) -> [Double] {
            guard let values = json[name]?.array, case let numbers = values.compactMap(\.number),
                numbers.count == values.count
            else { throw .invalidField("parameters.\(name)", "not numbers") }
            return numbers
        }
        guard let divisor = json["divisor"]?.number, let scale = json["scale"]?.number,
            let aggregation = TreeAggregation(
                precision: precision, start: try numbers("start"), divisor: divisor, scale: scale,
                bias: try numbers("bias"))
        else { throw .invalidField("parameters", "not numbers of the precision") }
        return aggregation
    }
}

extension DecisionTree.Split {
    fileprivate var threshold: Double {
        if case .threshold(let threshold) = rule { threshold } else { 0 }
    }

    fileprivate var flags: UInt8 {
        var flags = missing.rawValue << 2
        if case .categories = rule { flags |= 1 }
        if defaultsLeft { flags |= 2 }
        return flags
    }
}
