// SPDX-License-Identifier: Apache-2.0
import Models

/// The element types of ONNX that are read (`TensorProto.DataType`).
enum ONNXElement: Int32 {
    case float = 1
    case uint8 = 2
    case int8 = 3
    case uint16 = 4
    case int16 = 5
    case int32 = 6
    case int64 = 7
    case string = 8
    case boolean = 9
    case double = 11
    case uint32 = 12

    var element: GraphElement {
        switch self {
        case .float: .float32
        case .double: .float64
        case .string: .string
        case .boolean: .boolean
        case .uint8, .int8, .uint16, .int16, .int32, .int64, .uint32: .int64
        }
    }

    var byteCount: Int {
        switch self {
        case .uint8, .int8, .boolean: 1
        case .uint16, .int16: 2
        case .float, .int32, .uint32: 4
        case .int64, .double: 8
        case .string: 0
        }
    }
}

extension ONNXTensor {
    struct Contents {
        let element: GraphElement
        let shape: [Int]
        let values: [Double]
        /// In place of `values`, for strings.
        let strings: [String]
    }

    /// What the tensor holds. Values may stand in `raw_data` or in the typed field.
    ///
    /// - Throws: unless there are just as many values as the shape says; for data outside the file.
    func contents() throws(ImportError) -> Contents {
        let place = "tensor \(name)"
        guard externalData.isEmpty, dataLocation == 0 else {
            throw .unsupported("external data of \(place)")
        }
        guard let type = ONNXElement(rawValue: dataType) else {
            throw .unsupported("element type \(dataType) of \(place)")
        }
        let (shape, count) = try TensorShape.checked(dims, place)
        if type == .string {
            let strings = try stringData.map { bytes throws(ImportError) in
                try ONNXText.text(bytes, place)
            }
            guard strings.count == count else {
                throw .malformed(field: place, reason: "not as many values as its shape has")
            }
            return Contents(element: .string, shape: shape, values: [], strings: strings)
        }
        let values = rawData.isEmpty ? typedValues(type) : rawValues(type)
        guard values.count == count else {
            throw .malformed(field: place, reason: "not as many values as its shape has")
        }
        guard type == .int64 else {
            return Contents(element: type.element, shape: shape, values: values, strings: [])
        }
        return Contents(
            element: .int64, shape: shape, values: try Self.exact(values, place), strings: [])
    }

    /// The greatest and the least `Int64` are what writers mean "to the end" with.
    private static func exact(
        _ values: [Double], _ place: String
    ) throws(ImportError) -> [Double] {
        try values.map { value throws(ImportError) in
            guard value.magnitude <= 0x1p53 || value.magnitude == 0x1p63 else {
                throw .unsupported("integers beyond 2^53 in \(place)")
            }
            return min(max(value, -0x1p53), 0x1p53)
        }
    }

    private func typedValues(_ type: ONNXElement) -> [Double] {
        switch type {
        case .float: floatData.map { Double($0) }
        case .double: doubleData
        case .int64: int64Data.map { Double($0) }
        case .uint32, .string: []
        case .uint8, .int8, .uint16, .int16, .int32, .boolean: int32Data.map { Double($0) }
        }
    }

    private func rawValues(_ type: ONNXElement) -> [Double] {
        let size = type.byteCount
        let bytes = Array(rawData)
        guard bytes.count.isMultiple(of: size) else { return [] }
        return stride(from: 0, to: bytes.count, by: size).map { start in
            var word: UInt64 = 0
            for offset in (0..<size).reversed() { word = word << 8 | UInt64(bytes[start + offset]) }
            return Self.value(word, type)
        }
    }

    private static func value(_ word: UInt64, _ type: ONNXElement) -> Double {
        switch type {
        case .float: Double(Float(bitPattern: UInt32(truncatingIfNeeded: word)))
        case .double: Double(bitPattern: word)
        case .int8: Double(Int8(truncatingIfNeeded: word))
        case .int16: Double(Int16(truncatingIfNeeded: word))
        case .int32: Double(Int32(truncatingIfNeeded: word))
        case .int64: Double(Int64(truncatingIfNeeded: word))
        case .uint8, .uint16, .uint32: Double(word)
        case .boolean: word == 0 ? 0 : 1
        case .string: 0
        }
    }
}

enum ONNXText {
    /// Bytes that must be UTF-8.
    static func text(
        _ bytes: some Sequence<UInt8>, _ place: String
    ) throws(ImportError) -> String {
        guard let text = String(validating: Array(bytes), as: UTF8.self) else {
            throw .malformed(field: place, reason: "not UTF-8")
        }
        return text
    }
}
