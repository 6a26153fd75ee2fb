// SPDX-License-Identifier: Apache-2.0

/// Reads UBJSON (draft 12) as XGBoost writes it: big-endian, lists with a count and often a type,
/// objects without. High-precision numbers (`H`) are refused.
struct UBJSONReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    static func document(_ bytes: [UInt8]) throws(ImportError) -> Document {
        var reader = UBJSONReader(bytes)
        let document = try reader.value(try reader.marker())
        guard reader.position == bytes.count else {
            throw reader.fault("bytes behind the document")
        }
        return document
    }

    private mutating func value(_ marker: UInt8) throws(ImportError) -> Document {
        switch marker {
        case Marker.null: return .null
        case Marker.yes: return .boolean(true)
        case Marker.no: return .boolean(false)
        case Marker.string: return .string(try string())
        case Marker.character: return .string(try text(count: 1))
        case Marker.list: return try nested { reader throws(ImportError) in try reader.list() }
        case Marker.object: return try nested { reader throws(ImportError) in try reader.object() }
        default:
            guard let number = try number(marker) else { throw fault("no type that we know") }
            return .number(number)
        }
    }

    private mutating func nested(
        _ read: (inout UBJSONReader) throws(ImportError) -> Document
    ) throws(ImportError) -> Document {
        guard depth < Document.depthMax else { throw fault("nested too deep") }
        depth += 1
        let document = try read(&self)
        depth -= 1
        return document
    }

    private mutating func list() throws(ImportError) -> Document {
        guard position < bytes.count else { throw .truncated("a list") }
        if bytes[position] == Marker.type {
            position += 1
            let type = try marker()
            guard try marker() == Marker.count else { throw fault("a type without a count") }
            return .numbers(try numbers(type, count: try count()))
        }
        var elements: [Document] = []
        if bytes[position] == Marker.count {
            position += 1
            for _ in 0..<(try count()) { elements.append(try value(try marker())) }
        } else {
            while case let marker = try marker(), marker != Marker.listEnd {
                elements.append(try value(marker))
            }
        }
        return Document(elements: elements)
    }

    /// The elements of a typed list, which have no markers of their own.
    private mutating func numbers(_ type: UInt8, count: Int) throws(ImportError) -> [Double] {
        guard let size = Marker.sizes[type] else { throw fault("a list of a type without size") }
        guard count <= (bytes.count - position) / size else { throw .truncated("a list") }
        var numbers: [Double] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count {
            guard let number = try number(type) else { throw fault("a list of no numbers") }
            numbers.append(number)
        }
        return numbers
    }

    private mutating func object() throws(ImportError) -> Document {
        var members: [String: Document] = [:]
        while true {
            guard position < bytes.count else { throw .truncated("an object") }
            if bytes[position] == Marker.objectEnd {
                position += 1
                return .object(members)
            }
            let start = position
            let name = try string()
            guard members.updateValue(try value(try marker()), forKey: name) == nil else {
                throw .malformed(field: "byte \(start)", reason: "this member occurs twice")
            }
        }
    }

    private mutating func marker() throws(ImportError) -> UInt8 {
        while position < bytes.count {
            position += 1
            if bytes[position - 1] != Marker.noOperation { return bytes[position - 1] }
        }
        throw .truncated("a value")
    }

    /// A length: never more than the bytes that are left, as each element takes one at least.
    private mutating func count() throws(ImportError) -> Int {
        let type = try marker()
        guard Marker.integers.contains(type), let number = try number(type) else {
            throw fault("a length that is no whole number")
        }
        guard number >= 0 else { throw fault("a negative length") }
        guard number <= Double(bytes.count - position) else { throw .truncated("a list or string") }
        return Int(number)
    }

    private mutating func string() throws(ImportError) -> String {
        try text(count: try count())
    }

    private mutating func text(count: Int) throws(ImportError) -> String {
        guard count <= bytes.count - position else { throw .truncated("a string") }
        guard let text = String(validating: bytes[position..<position + count], as: UTF8.self)
        else { throw fault("not UTF-8") }
        position += count
        return text
    }

    /// `nil` if the type is none of a number.
    private mutating func number(_ type: UInt8) throws(ImportError) -> Double? {
        switch type {
        case Marker.int8: Double(Int8(truncatingIfNeeded: try word(1)))
        case Marker.uint8: Double(try word(1))
        case Marker.int16: Double(Int16(truncatingIfNeeded: try word(2)))
        case Marker.int32: Double(Int32(truncatingIfNeeded: try word(4)))
        case Marker.int64: Double(Int64(bitPattern: try word(8)))
        case Marker.float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: try word(4))))
        case Marker.float64: Double(bitPattern: try word(8))
        default: nil
        }
    }

    private mutating func word(_ size: Int) throws(ImportError) -> UInt64 {
        guard size <= bytes.count - position else { throw .truncated("a number") }
        var word: UInt64 = 0
        for _ in 0..<size {
            word = word << 8 | UInt64(bytes[position])
            position += 1
        }
        return word
    }

    private func fault(_ reason: String) -> ImportError {
        .malformed(field: "byte \(position)", reason: reason)
    }
}

/// The letters of the format.
private enum Marker {
    static let null = UInt8(ascii: "Z")
    static let yes = UInt8(ascii: "T")
    static let no = UInt8(ascii: "F")
    static let noOperation = UInt8(ascii: "N")
    static let string = UInt8(ascii: "S")
    static let character = UInt8(ascii: "C")
    static let int8 = UInt8(ascii: "i")
    static let uint8 = UInt8(ascii: "U")
    static let int16 = UInt8(ascii: "I")
    static let int32 = UInt8(ascii: "l")
    static let int64 = UInt8(ascii: "L")
    static let float32 = UInt8(ascii: "d")
    static let float64 = UInt8(ascii: "D")
    static let list = UInt8(ascii: "[")
    static let listEnd = UInt8(ascii: "]")
    static let object = UInt8(ascii: "{")
    static let objectEnd = UInt8(ascii: "}")
    static let type = UInt8(ascii: "$")
    static let count = UInt8(ascii: "#")

    static let integers = [int8, uint8, int16, int32, int64]
    static let sizes: [UInt8: Int] = [
        int8: 1, uint8: 1, int16: 2, int32: 4, int64: 8, float32: 4, float64: 8,
    ]
}
