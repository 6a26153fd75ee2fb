// SPDX-License-Identifier: Apache-2.0
import Models

/// Nodes in order, of which those that depend on no row are computed at once; and the strings and
/// features that they tell of.
struct GraphBuilder {
    private(set) var nodes: [GraphModel.Node] = []
    private var types: [GraphType] = []
    private var valueCount = 0
    private var constantCount = 0
    private(set) var strings: [String] = []
    private var stringNumbers: [String: Int] = [:]
    private(set) var features: [BuiltFeature] = []

    struct BuiltFeature {
        let name: String
        let isCategory: Bool
        /// Strings that anything behind the feature asks for, in that order.
        private(set) var values: [Int] = []
        private var known: Set<Int> = []
        /// Numbers that make a difference there.
        var landmarks: [Double] = []

        init(name: String, isCategory: Bool) {
            self.name = name
            self.isCategory = isCategory
        }

        mutating func note(_ string: Int) {
            if known.insert(string).inserted { values.append(string) }
        }
    }

    /// Adds a node, or the constant that it is.
    ///
    /// - Returns: its place; `nil` when the inputs are not such as it takes, or there is too much.
    mutating func add(_ operation: GraphOperation, _ inputs: [Int] = []) -> Int? {
        guard inputs.allSatisfy(nodes.indices.contains) else { return nil }
        var operation = operation
        var inputs = inputs
        let constants = inputs.compactMap { constant($0) }
        if !inputs.isEmpty, constants.count == inputs.count {
            guard let folded = operation.folded(constants) else { return nil }
            operation = .constant(folded)
            inputs = []
        }
        guard let type = operation.type(of: inputs.map { types[$0] }), type.count > 0,
            isBounded(type.count, operation)
        else { return nil }
        nodes.append(GraphModel.Node(operation, inputs))
        types.append(type)
        return nodes.count - 1
    }

    /// Most constants are weights, which go into their layers.
    private mutating func isBounded(_ count: Int, _ operation: GraphOperation) -> Bool {
        if case .constant = operation { constantCount += count } else { valueCount += count }
        return constantCount <= GraphTensor.countMax && valueCount <= GraphModel.valueCountMax
    }

    /// What a node always is; `nil` when that depends on the row.
    func constant(_ node: Int) -> GraphTensor? {
        if case .constant(let tensor) = nodes[node].operation { tensor } else { nil }
    }

    func type(_ node: Int) -> GraphType { types[node] }

    mutating func number(of string: String) -> Int {
        if let number = stringNumbers[string] { return number }
        stringNumbers[string] = strings.count
        strings.append(string)
        return strings.count - 1
    }

    mutating func addFeature(_ name: String, isCategory: Bool) {
        features.append(BuiltFeature(name: name, isCategory: isCategory))
    }

    mutating func note(strings: [Int], of feature: Int) {
        for string in strings { features[feature].note(string) }
    }

    mutating func note(landmark: Double, of feature: Int) {
        guard landmark.isFinite, features[feature].landmarks.count < 32,
            !features[feature].landmarks.contains(landmark)
        else { return }
        features[feature].landmarks.append(landmark)
    }

    /// The nodes that these need, renumbered, and where each of these is then.
    ///
    /// Categories get the tables of their dictionaries, which are known only now.
    func pruned(to ends: [Int]) -> (nodes: [GraphModel.Node], ends: [Int]) {
        var isNeeded = [Bool](repeating: false, count: nodes.count)
        for end in ends { isNeeded[end] = true }
        for index in nodes.indices.reversed() where isNeeded[index] {
            for input in nodes[index].inputs { isNeeded[input] = true }
        }
        var places = [Int](repeating: 0, count: nodes.count)
        var pruned: [GraphModel.Node] = []
        for (index, node) in nodes.enumerated() where isNeeded[index] {
            places[index] = pruned.count
            var operation = node.operation
            if case .categories(let first, let tables) = operation {
                operation = .categories(
                    first: first,
                    tables.indices.map { features[first + $0].values.map { Double($0) } })
            }
            pruned.append(GraphModel.Node(operation, node.inputs.map { places[$0] }))
        }
        return (pruned, ends.map { places[$0] })
    }
}
