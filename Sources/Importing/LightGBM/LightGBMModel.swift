// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

extension ImportedModel {
    /// Reads a LightGBM text model of format v2 to v4.
    init(lightGBM bytes: [UInt8]) throws(ImportError) {
        let file = try LightGBMFile(bytes)
        let header = file.header
        let version = header.string("version") ?? ""
        guard ["v2", "v3", "v4"].contains(version) else {
            throw .unsupported("version '\(version)' of LightGBM's format")
        }
        let scoreCount = try header.integer("num_tree_per_iteration", in: 1...1 << 20)
        guard !file.trees.isEmpty, file.trees.count.isMultiple(of: scoreCount) else {
            throw .malformed(field: "trees", reason: "not as many for each score, or none")
        }
        // A forest's raw scores are sums, of which the objective is given the mean.
        let isMean = header.contains("average_output")
        let objective = try LightGBMObjective(
            header.string("objective"), scoreCount: scoreCount,
            divisor: isMean ? Double(file.trees.count / scoreCount) : 1)
        let schema = try FeatureSchema(file)
        var trees: [DecisionTree] = []
        for (index, block) in file.trees.enumerated() {
            trees.append(
                try LightGBMTree(block, schema).tree(firstMargin: index % scoreCount))
        }
        let aggregation = TreeAggregation(
            precision: .float64, start: [Double](repeating: 0, count: scoreCount))
        self = try ImportedModel(
            schema: schema, trees: trees, aggregation: aggregation, output: objective.output,
            origin: [
                "format": "lightgbm", "version": .string(version),
                "objective": .string(objective.name), "trees": .integer(trees.count),
            ])
    }
}
