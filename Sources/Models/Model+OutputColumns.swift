// SPDX-License-Identifier: Apache-2.0
import JSON

/// The names that a model's answers had where it comes from, for tables of them.
package struct OutputColumns: Equatable, Sendable {
    /// The predicted label's; `nil` where there is none.
    package let label: String?
    /// Those of the values or probabilities, in order.
    package let values: [String]

    package init(label: String?, values: [String]) {
        self.label = label
        self.values = values
    }
}

extension Model {
    /// `nil` unless the file that the model was imported from names its outputs: `imported.outputs`
    /// of the training record, `{"label": "label", "scores": "probabilities"}`. A name is followed
    /// by `_` and the column's number, from 0 on.
    package var outputColumns: OutputColumns? {
        guard let outputs = training["imported"]?["outputs"],
            let scores = outputs["scores"]?.string
        else { return nil }
        let count: Int
        switch output.task {
        case .regression: count = 1
        case .binary: count = 2
        case .multiclass(let labels): count = labels.count
        case .clusters(let clusters): count = clusters
        }
        return OutputColumns(
            label: outputs["label"]?.string.map { "\($0)_0" },
            values: (0..<count).map { "\(scores)_\($0)" })
    }
}
