// SPDX-License-Identifier: Apache-2.0
import JSON

/// How margins are computed: a closed set, switched once for each request.
package enum ModelKind: Equatable, Sendable {
    case linear(LinearModel)
    case trees(TreesModel)
    case naiveBayes(NaiveBayesModel)
    case kMeans(KMeansModel)
    case perceptron(PerceptronModel)
    case graph(GraphModel)

    package var name: String {
        switch self {
        case .linear: "linear"
        case .trees: "trees"
        case .naiveBayes: "naive-bayes"
        case .kMeans: "k-means"
        case .perceptron: "mlp"
        case .graph: "graph"
        }
    }

    var marginCount: Int {
        switch self {
        case .linear(let model): model.outputCount
        case .trees(let model): model.outputCount
        case .naiveBayes(let model): model.outputCount
        case .kMeans(let model): model.clusterCount
        case .perceptron(let model): model.outputCount
        case .graph(let model): model.marginCount
        }
    }

    /// Appends `marginCount` margins for each of the row-major rows.
    package func appendMargins(
        of rows: Span<Double>, texts: borrowing RowTexts = RowTexts(), to margins: inout [Double]
    ) {
        var scratch = TextScratch()
        appendMargins(of: rows, texts: texts, &scratch, to: &margins)
    }

    /// The same, allocating nothing once `scratch` and `margins` have room.
    package func appendMargins(
        of rows: Span<Double>, texts: borrowing RowTexts, _ scratch: inout TextScratch,
        to margins: inout [Double]
    ) {
        switch self {
        case .linear(let model): model.appendMargins(of: rows, texts: texts, &scratch, to: &margins)
        case .trees(let model): model.appendMargins(of: rows, to: &margins)
        case .naiveBayes(let model): model.appendMargins(of: rows, to: &margins)
        case .kMeans(let model): model.appendMargins(of: rows, to: &margins)
        case .perceptron(let model): model.appendMargins(of: rows, to: &margins)
        case .graph(let model): model.appendMargins(of: rows, to: &margins)
        }
    }
}

/// As an artifact.
extension ModelKind {
    var tensors: [Tensor] {
        switch self {
        case .linear(let model): model.tensors
        case .trees(let model): model.tensors
        case .naiveBayes(let model): model.tensors
        case .kMeans(let model): model.tensors
        case .perceptron(let model): model.tensors
        case .graph(let model): model.tensors
        }
    }

    /// What is not a tensor; `nil` where there is no more to say.
    var parameters: JSONValue? {
        switch self {
        case .linear(let model): model.parameters
        case .naiveBayes, .kMeans: nil
        case .trees(let model): model.parameters
        case .perceptron(let model): model.parameters
        case .graph(let model): model.parameters
        }
    }

    /// That the margins are as many as the output's is for the caller to check.
    ///
    /// - Parameter parameters: reads what `parameters` wrote, for a kind that has some.
    init(
        name: String, _ file: Safetensors, schema: FeatureSchema, output: Output,
        parameters: () throws(ArtifactError) -> JSONValue
    ) throws(ArtifactError) {
        switch name {
        case "linear":
            self = .linear(
                try LinearModel(file, parameters: parameters, schema: schema, output: output))
        case "trees":
            self = .trees(
                try TreesModel(file, parameters: parameters(), featureCount: schema.count))
        case "naive-bayes":
            self = .naiveBayes(try NaiveBayesModel(file, schema: schema, output: output))
        case "k-means": self = .kMeans(try KMeansModel(file, schema: schema, output: output))
        case "mlp":
            self = .perceptron(
                try PerceptronModel(file, parameters: parameters(), schema: schema))
        case "graph":
            self = .graph(try GraphModel(file, parameters: parameters(), schema: schema))
        default: throw .invalidField("kind", "\(name) is unknown to this version")
        }
    }
}
