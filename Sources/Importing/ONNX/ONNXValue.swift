// SPDX-License-Identifier: Apache-2.0
import Models

/// A value of an ONNX graph while it is imported.
///
/// Everything is shaped for one row: the rows' axis has the extent 1 and is only remembered, so
/// that what would mix rows is noticed.
struct ONNXValue {
    /// In the graph that is being built.
    let node: Int
    let element: GraphElement
    let shape: [Int]
    /// Which axis counts the rows; `nil` for what is the same for all.
    let rowAxis: Int?
    /// For each element, the feature that it is as it came; empty when none is.
    var sources: [Int?] = []
    /// Set on predicted labels.
    var classes: ONNXClasses?
    /// Set on what a tree ensemble answers from the row itself.
    var ensemble: ONNXPlainEnsemble?

    var count: Int { shape.reduce(1, *) }
    var type: GraphType { GraphType(element, count) }

    /// The same elements in another shape.
    func reshaped(_ shape: [Int], rowAxis: Int?) -> ONNXValue {
        ONNXValue(
            node: node, element: element, shape: shape, rowAxis: rowAxis, sources: sources,
            classes: classes, ensemble: ensemble)
    }

    /// An axis counted from either end; `nil` when there is no such axis.
    func axis(_ axis: Int) -> Int? {
        let index = axis < 0 ? axis + shape.count : axis
        return shape.indices.contains(index) ? index : nil
    }
}

/// What a predicted label is chosen from.
struct ONNXClasses: Equatable {
    /// Gives the index of the predicted one.
    let node: Int
    let labels: [String]
    /// Whether the least score wins, as a distance does.
    var isLeast = false
}

/// An ensemble whose input is the row, and what its margins become.
struct ONNXPlainEnsemble {
    let model: TreesModel
    let link: Link
}
