// SPDX-License-Identifier: Apache-2.0

/// What a node of a graph gives for a row: so many values of one element type.
package struct GraphType: Equatable, Sendable {
    package let element: GraphElement
    package let count: Int

    package init(_ element: GraphElement, _ count: Int) {
        self.element = element
        self.count = count
    }
}

/// The element types of a graph. Whatever the type, a value is kept as a `Double`.
package enum GraphElement: String, Sendable {
    /// Arithmetic is done in double and rounded, which gives the float result for each operation
    /// (Figueroa 1995).
    case float32
    case float64
    /// Exact up to 2⁵³; arithmetic beyond that rounds.
    case int64
    /// 0 or 1.
    case boolean
    /// A number for each string that the graph knows; -1 for all others.
    case string

    package var isFloat: Bool { self == .float32 || self == .float64 }
    package var isNumber: Bool { isFloat || self == .int64 }

    /// A result as this type has it.
    @inline(__always)
    package func rounded(_ value: Double) -> Double {
        switch self {
        case .float32: Double(Float(value))
        case .float64, .string: value
        case .int64: Self.truncated(value)
        case .boolean: value == 0 ? 0 : 1
        }
    }

    /// Towards zero; what no `Int64` holds is the least one, as x86-64 converts.
    private static func truncated(_ value: Double) -> Double {
        value.magnitude < 0x1p63 ? value.rounded(.towardZero) : -0x1p63
    }
}

/// Values of one element type that are known before any row.
package struct GraphTensor: Equatable, Sendable {
    package let element: GraphElement
    package let values: [Double]

    /// 128 MiB.
    package static let countMax = 1 << 24

    /// - Returns: `nil` when a value is not of the element type.
    package init?(_ element: GraphElement, _ values: [Double]) {
        guard values.allSatisfy({ $0.isNaN ? element.isFloat : element.rounded($0) == $0 }) else {
            return nil
        }
        self.init(unchecked: element, values)
    }

    init(unchecked element: GraphElement, _ values: [Double]) {
        self.element = element
        self.values = values
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.element == right.element
            && left.values.elementsEqual(right.values) { $0.bitPattern == $1.bitPattern }
    }

    var type: GraphType { GraphType(element, values.count) }
}

/// Why some nodes are not a graph.
package struct GraphError: Error, Equatable, Sendable {
    package let node: Int
    package let reason: String
}
