// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// What an imported graph's outputs are to us: a number, the probabilities of labels, or the
/// distances to clusters.
struct ONNXAnswerReader {
    private let importer: ONNXImporter
    private let file: ONNXModel
    private let records: ONNXRecords

    init(_ importer: ONNXImporter, _ file: ONNXModel) {
        self.importer = importer
        self.file = file
        records = ONNXRecords(importer.builder)
    }

    func model() throws(ImportError) -> ImportedModel {
        let outputs = try file.graph.output.map { output throws(ImportError) in
            guard let value = importer.value(output.name) else {
                throw .malformed(field: "output \(output.name)", reason: "nothing computes it")
            }
            return (name: output.name, value: value)
        }
        guard let schema = schema() else {
            throw .malformed(field: "inputs", reason: "none, or two have the same name")
        }
        let labels = outputs.filter { $0.value.classes != nil }
        let scores = outputs.filter { $0.value.classes == nil }
        guard scores.count == 1, labels.count <= 1, scores[0].value.element.isNumber else {
            let names = outputs.map(\.name).joined(separator: ", ")
            throw .unsupported(
                "the outputs \(names): neither one of numbers nor a label with its scores")
        }
        let score = scores[0].value
        let label = labels.first?.value
        let (kind, output) = try answer(score, label, schema)
        var columns: [JSONValue.Member] = []
        if let name = labels.first?.name {
            columns.append(.init(name: "label", value: .string(name)))
        }
        columns.append(.init(name: "scores", value: .string(scores[0].name)))
        return ImportedModel(
            schema: schema, kind: kind, output: output,
            goldenRecords: records.golden,
            origin: [
                "format": "onnx",
                "producer": .string("\(file.producerName) \(file.producerVersion)"),
                "outputs": .object(columns),
            ])
    }

    private func schema() -> FeatureSchema? {
        var features: [Feature] = []
        for feature in importer.builder.features {
            guard feature.isCategory else {
                features.append(Feature(name: feature.name, kind: .number))
                continue
            }
            let strings = feature.values.map { importer.builder.strings[$0] }
            guard let dictionary = CategoryDictionary(values: strings) else { return nil }
            features.append(Feature(name: feature.name, kind: .category(dictionary)))
        }
        return FeatureSchema(features)
    }

    private func answer(
        _ score: ONNXValue, _ label: ONNXValue?, _ schema: FeatureSchema
    ) throws(ImportError) -> (ModelKind, Output) {
        if let classes = label?.classes {
            guard classes.labels.count == score.count, score.count > 1 else {
                throw .unsupported(
                    "\(score.count) scores for \(classes.labels.count) labels")
            }
            if classes.isLeast {
                return try clusters(score, classes, schema)
            }
            return try probabilities(score, classes.labels, label: classes.node, schema)
        }
        if score.count == 1 { return try value(score, schema) }
        return try probabilities(score, (0..<score.count).map { "\($0)" }, label: nil, schema)
    }

    private func value(
        _ score: ONNXValue, _ schema: FeatureSchema
    ) throws(ImportError) -> (ModelKind, Output) {
        if let ensemble = score.ensemble { return (.trees(ensemble.model), .regression) }
        let (nodes, ends) = importer.builder.pruned(to: [score.node])
        return (.graph(try graph(schema, nodes, .value(ends[0]))), .regression)
    }

    private func clusters(
        _ score: ONNXValue, _ classes: ONNXClasses, _ schema: FeatureSchema
    ) throws(ImportError) -> (ModelKind, Output) {
        guard classes.labels == (0..<score.count).map({ "\($0)" }),
            let output = Output(.clusters(score.count))
        else { throw .unsupported("labels of clusters that are no numbers from 0 on") }
        let (nodes, ends) = importer.builder.pruned(to: [score.node, classes.node])
        let model = try graph(schema, nodes, .distances(ends[0]))
        try check(model, output, label: ends[1], schema)
        return (.graph(model), output)
    }

    private func probabilities(
        _ score: ONNXValue, _ labels: [String], label: Int?, _ schema: FeatureSchema
    ) throws(ImportError) -> (ModelKind, Output) {
        let task: Output.Task =
            labels.count == 2 ? .binary(labels: labels) : .multiclass(labels: labels)
        guard let output = Output(task, link: .identity) else {
            throw .unsupported("labels that are not distinct")
        }
        let (nodes, ends) = importer.builder.pruned(to: [score.node] + (label.map { [$0] } ?? []))
        let model = try graph(
            schema, nodes, .probabilities(ends[0], label: ends.count > 1 ? ends[1] : nil))
        try check(model, output, label: ends.count > 1 ? ends[1] : nil, schema)
        if let ensemble = score.ensemble, let output = Output(task, link: ensemble.link) {
            return (.trees(ensemble.model), output)
        }
        return (.graph(model), output)
    }

    private func graph(
        _ schema: FeatureSchema, _ nodes: [GraphModel.Node], _ answer: GraphModel.Answer
    ) throws(ImportError) -> GraphModel {
        do throws(GraphError) {
            return try GraphModel(featureCount: schema.count, nodes: nodes, answer: answer)
        } catch {
            throw .unsupported("the outputs: node \(error.node) of the graph \(error.reason)")
        }
    }

    /// Asks the graph about some rows: what it calls probabilities must be some, and what it
    /// predicts must follow from them, as it will be told from them.
    private func check(
        _ model: GraphModel, _ output: Output, label: Int?, _ schema: FeatureSchema
    ) throws(ImportError) {
        let labels = try label.map { label throws(ImportError) in
            try graph(schema, model.nodes, .value(label))
        }
        for row in records.rows {
            var margins: [Double] = []
            model.appendMargins(of: row.span, to: &margins)
            guard margins.allSatisfy(\.isFinite) else { continue }
            if output.labels.isEmpty == false {
                guard margins.allSatisfy({ $0 > -1e-4 && $0 < 1 + 1e-4 }) else {
                    throw .unsupported("scores that are no probabilities")
                }
            }
            guard let labels else { continue }
            var predicted: [Double] = []
            labels.appendMargins(of: row.span, to: &predicted)
            let own = output.predictedIndex(margins.span, at: 0)
            guard predicted.first == Double(own) else {
                throw .unsupported("a label that does not follow from the scores")
            }
        }
    }
}
