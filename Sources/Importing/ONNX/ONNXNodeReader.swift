// SPDX-License-Identifier: Apache-2.0
import Models

/// A node while it is imported: its inputs, and its attributes, each of which must be asked for.
struct ONNXNodeReader {
    let operation: String
    /// `operator Gemm at node dense_1`.
    let place: String
    /// The version of the operator's domain that the file is written for.
    let version: Int
    let outputCount: Int
    let inputs: [ONNXValue?]
    private var attributes: [String: ONNXAttribute] = [:]

    /// - Parameter inputs: `nil` for those left out, whose name is empty.
    init(
        _ node: ONNXNode, index: Int, version: Int, inputs: [ONNXValue?]
    ) throws(ImportError) {
        operation = node.opType
        place = "operator \(node.opType) at node \(node.name.isEmpty ? "\(index)" : node.name)"
        self.version = version
        self.inputs = inputs
        outputCount = node.output.count
        for attribute in node.attribute {
            guard attributes.updateValue(attribute, forKey: attribute.name) == nil else {
                throw .malformed(field: place, reason: "attribute \(attribute.name) occurs twice")
            }
        }
    }

    /// - Throws: for an attribute that nobody asked for: it would change what is computed.
    func finish() throws(ImportError) {
        if let name = attributes.keys.min() {
            throw .unsupported("attribute \(name) of \(place)")
        }
    }

    func input(_ index: Int) throws(ImportError) -> ONNXValue {
        guard let input = optionalInput(index) else {
            throw .malformed(field: place, reason: "input \(index) is missing")
        }
        return input
    }

    func optionalInput(_ index: Int) -> ONNXValue? {
        inputs.indices.contains(index) ? inputs[index] : nil
    }

    /// All inputs, of which none may be left out.
    func allInputs() throws(ImportError) -> [ONNXValue] {
        let present = inputs.compactMap { $0 }
        guard present.count == inputs.count, !present.isEmpty else {
            throw .malformed(field: place, reason: "an input is missing")
        }
        return present
    }

    func unsupported(_ what: String) -> ImportError { .unsupported("\(what) of \(place)") }

    func malformed(_ reason: String) -> ImportError { .malformed(field: place, reason: reason) }
}

/// Attributes, by their types' numbers in `AttributeProto.AttributeType`.
extension ONNXNodeReader {
    private mutating func take(_ name: String, _ type: Int32) throws(ImportError) -> ONNXAttribute?
    {
        guard let attribute = attributes.removeValue(forKey: name) else { return nil }
        // Old writers leave the type out.
        guard attribute.type == type || attribute.type == 0 else {
            throw malformed("attribute \(name) has another type")
        }
        return attribute
    }

    mutating func float(_ name: String) throws(ImportError) -> Double? {
        try take(name, 1).map { Double($0.f) }
    }

    mutating func integer(_ name: String) throws(ImportError) -> Int? {
        try take(name, 2).map { Int($0.i) }
    }

    mutating func flag(_ name: String, otherwise: Bool) throws(ImportError) -> Bool {
        try integer(name).map { $0 != 0 } ?? otherwise
    }

    mutating func string(_ name: String) throws(ImportError) -> String? {
        guard let attribute = try take(name, 3) else { return nil }
        return try ONNXText.text(attribute.s, "attribute \(name) of \(place)")
    }

    mutating func tensor(_ name: String) throws(ImportError) -> ONNXTensor? {
        guard let attribute = try take(name, 4) else { return nil }
        guard attribute.hasT else { throw malformed("attribute \(name) is empty") }
        return attribute.t
    }

    mutating func floats(_ name: String) throws(ImportError) -> [Double]? {
        try take(name, 6).map { $0.floats.map { Double($0) } }
    }

    /// How many there are, without taking them.
    func floatCount(_ name: String) -> Int { attributes[name]?.floats.count ?? 0 }

    mutating func integers(_ name: String) throws(ImportError) -> [Int]? {
        try take(name, 7).map { $0.ints.map { Int($0) } }
    }

    mutating func strings(_ name: String) throws(ImportError) -> [String]? {
        guard let attribute = try take(name, 8) else { return nil }
        return try attribute.strings.map { bytes throws(ImportError) in
            try ONNXText.text(bytes, "attribute \(name) of \(place)")
        }
    }

    /// Whether anything but the default stands there, for attributes that allow no other.
    mutating func require(
        _ name: String, _ allowed: Int, otherwise: Int
    ) throws(ImportError) {
        guard (try integer(name) ?? otherwise) == allowed else {
            throw unsupported("attribute \(name)")
        }
    }

    /// An attribute that says how, not what, or whose meaning another one repeats.
    mutating func ignore(_ names: String...) {
        for name in names { attributes[name] = nil }
    }
}
