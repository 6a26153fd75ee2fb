// SPDX-License-Identifier: Apache-2.0

/// A pipeline of operators, as it comes out of an ONNX file: scalers, encoders, layers, ensembles.
///
/// Nodes stand in an order in which each one's inputs are before it; a node's place in the list is
/// its name. Everything is computed for one row at a time, so an answer never depends on the rows
/// beside it.
package struct GraphModel: Equatable, Sendable {
    package struct Node: Equatable, Sendable {
        package let operation: GraphOperation
        /// Nodes before this one.
        package let inputs: [Int]

        package init(_ operation: GraphOperation, _ inputs: [Int] = []) {
            self.operation = operation
            self.inputs = inputs
        }
    }

    /// What the graph tells, by the node that does.
    package enum Answer: Equatable, Sendable {
        /// One number.
        case value(Int)
        /// Two probabilities or more, one for each class; `label` gives the predicted one's index.
        case probabilities(Int, label: Int?)
        /// To the centres of clusters.
        case distances(Int)
    }

    package let featureCount: Int
    package let nodes: [Node]
    package let answer: Answer
    /// Where each node's values stand among those of all; parallel to `nodes`.
    let places: [GraphPlace]
    let inputPlaces: [[GraphPlace]]
    /// For a pick, where each of its values stands; parallel to `nodes`.
    let pickedPlaces: [[Int]]
    /// How many values all nodes have together.
    let valueCount: Int

    /// 8 MiB for a row.
    package static let valueCountMax = 1 << 20

    /// - Throws: the first node whose inputs are not before it or not of the types that it takes,
    ///   or that asks for a feature that is not there.
    package init(featureCount: Int, nodes: [Node], answer: Answer) throws(GraphError) {
        var places: [GraphPlace] = []
        var end = 0
        for (index, node) in nodes.enumerated() {
            guard node.inputs.allSatisfy({ $0 >= 0 && $0 < index }) else {
                throw GraphError(node: index, reason: "an input is not before it")
            }
            guard let type = node.operation.type(of: node.inputs.map { places[$0].type }) else {
                throw GraphError(node: index, reason: "does not take such inputs")
            }
            guard type.count > 0, type.count <= Self.valueCountMax - end else {
                throw GraphError(node: index, reason: "no values, or too many")
            }
            if let last = node.operation.lastFeature, last >= featureCount {
                throw GraphError(node: index, reason: "asks for a feature that is not there")
            }
            places.append(GraphPlace(start: end, type: type))
            end += type.count
        }
        self.featureCount = featureCount
        self.nodes = nodes
        self.answer = answer
        self.places = places
        inputPlaces = nodes.map { $0.inputs.map { places[$0] } }
        pickedPlaces = zip(nodes, inputPlaces).map { node, inputs in
            guard case .pick(let indices) = node.operation else { return [] }
            return GraphOperation.pickedPlaces(indices, inputs)
        }
        valueCount = end
        try checkAnswer()
    }

    private func checkAnswer() throws(GraphError) {
        let type = try type(of: answer.node)
        let isSound: Bool
        switch answer {
        case .value: isSound = type.count == 1 && type.element.isNumber
        case .probabilities(_, nil): isSound = type.count > 1 && type.element.isFloat
        case .probabilities(_, let label?):
            isSound =
                try self.type(of: label) == GraphType(.int64, 1) && type.count > 1
                && type.element.isFloat
        case .distances: isSound = type.element.isFloat
        }
        guard isSound else {
            throw GraphError(node: answer.node, reason: "answers with other types")
        }
    }

    private func type(of node: Int) throws(GraphError) -> GraphType {
        guard places.indices.contains(node) else {
            throw GraphError(node: node, reason: "answers, and is not there")
        }
        return places[node].type
    }

    /// The margins are the answer: the value, the probabilities (of two, the second), or the
    /// negative squared distances.
    var marginCount: Int {
        switch answer {
        case .value: 1
        case .probabilities(let node, _): places[node].count == 2 ? 1 : places[node].count
        case .distances(let node): places[node].count
        }
    }
}

extension GraphModel.Answer {
    var node: Int {
        switch self {
        case .value(let node), .probabilities(let node, _), .distances(let node): node
        }
    }
}

/// Some of the values of a row.
struct GraphPlace: Equatable, Sendable {
    let start: Int
    let type: GraphType

    var count: Int { type.count }
    var range: Range<Int> { start..<start + count }
    /// From one value to the next when there should be more than one.
    var stride: Int { count == 1 ? 0 : 1 }
}

extension GraphOperation {
    /// That a row must have.
    fileprivate var lastFeature: Int? {
        let (first, count) =
            switch self {
            case .numbers(let first, let type): (first, type.count)
            case .categories(let first, let tables): (first, tables.count)
            default: (0, 0)
            }
        guard count > 0 else { return nil }
        let (last, overflow) = first.addingReportingOverflow(count - 1)
        return overflow ? .max : last
    }
}
