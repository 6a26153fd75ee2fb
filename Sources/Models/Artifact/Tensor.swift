// SPDX-License-Identifier: Apache-2.0

/// A named array of numbers to be written into an artifact.
package struct Tensor: Sendable {
    package enum Values: Sendable {
        case f64([Double])
        case f32([Float])
        case i32([Int32])
        case u32([UInt32])
        case u8([UInt8])
    }

    let name: String
    let shape: [Int]
    let values: Values

    /// - Precondition: the shape's product is the number of values.
    init(_ name: String, _ shape: [Int], _ values: Values) {
        precondition(shape.reduce(1, *) == values.count, "tensor \(name) has another shape")
        self.name = name
        self.shape = shape
        self.values = values
    }

    init(_ name: String, _ shape: [Int], _ values: [Double]) {
        self.init(name, shape, .f64(values))
    }

    /// A list, of one dimension.
    init(_ name: String, _ values: Values) {
        self.init(name, [values.count], values)
    }

    /// The same values under another name.
    func named(_ name: String) -> Tensor { Tensor(name, shape, values) }
}

extension Tensor.Values {
    var count: Int {
        switch self {
        case .f64(let values): values.count
        case .f32(let values): values.count
        case .i32(let values): values.count
        case .u32(let values): values.count
        case .u8(let values): values.count
        }
    }

    /// safetensors' name of the type.
    var dtype: String {
        switch self {
        case .f64: "F64"
        case .f32: "F32"
        case .i32: "I32"
        case .u32: "U32"
        case .u8: "U8"
        }
    }

    var byteCount: Int {
        switch self {
        case .f64: count * 8
        case .f32, .i32, .u32: count * 4
        case .u8: count
        }
    }

    /// Appends the values, little-endian.
    func append(to bytes: inout [UInt8]) {
        switch self {
        case .f64(let values): for value in values { Self.append(value.bitPattern, to: &bytes) }
        case .f32(let values): for value in values { Self.append(value.bitPattern, to: &bytes) }
        case .i32(let values): for value in values { Self.append(value, to: &bytes) }
        case .u32(let values): for value in values { Self.append(value, to: &bytes) }
        case .u8(let values): bytes += values
        }
    }

    private static func append<Word: FixedWidthInteger>(_ word: Word, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: Word.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> Word(shift)))
        }
    }
}
