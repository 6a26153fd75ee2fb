// SPDX-License-Identifier: Apache-2.0

/// A JSON document as a value, for what is read or written seldom: artifact headers, lineage,
/// settings. The prediction path reads with `JSONCursor` instead.
///
/// Members keep their order, so that the same value always gives the same bytes.
package indirect enum JSONValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    /// Written without fraction or exponent, and within `Int`.
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    package struct Member: Equatable, Sendable {
        package let name: String
        package let value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// Parses a whole text.
    package init(parsing text: Span<UInt8>) throws(JSONError) {
        var cursor = JSONCursor()
        self = try Self.read(&cursor, text)
        try cursor.finish(in: text)
    }

    package init(parsing text: String) throws(JSONError) {
        let bytes = Array(text.utf8)
        try self.init(parsing: bytes.span)
    }

    private static func read(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>
    ) throws(JSONError) -> JSONValue {
        switch try cursor.peek(in: text) {
        case .null:
            try cursor.null(in: text)
            return .null
        case .boolean: return .boolean(try cursor.boolean(in: text))
        case .number:
            if let integer = try cursor.integer(in: text) { return .integer(integer) }
            return .number(try cursor.number(in: text))
        case .string: return .string(try cursor.string(in: text).text(from: text))
        case .array:
            var elements: [JSONValue] = []
            try cursor.enter(.array, in: text)
            while try cursor.hasNext(.array, in: text) { elements.append(try read(&cursor, text)) }
            return .array(elements)
        case .object: return try readObject(&cursor, text)
        }
    }

    private static func readObject(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>
    ) throws(JSONError) -> JSONValue {
        var members: [Member] = []
        // By their bytes: strings are equal to others that only look the same.
        var names: Set<[UInt8]> = []
        try cursor.enter(.object, in: text)
        while try cursor.hasNext(.object, in: text) {
            let start = cursor.position
            let name = try cursor.name(in: text).text(from: text)
            guard names.insert(Array(name.utf8)).inserted else {
                throw JSONError(.duplicateMember, at: start)
            }
            members.append(Member(name: name, value: try read(&cursor, text)))
        }
        return .object(members)
    }
}

extension JSONValue {
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var integer: Int? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// An integer however it is written: `4.0` and `4e0` are 4, as JSON Schema has it.
    package var wholeNumber: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// An integer counts as a number.
    package var number: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    package var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var members: [Member]? {
        if case .object(let value) = self { value } else { nil }
    }
}

extension JSONValue {
    /// The compact text: no white space, members in order.
    package var text: String {
        var buffer: [UInt8] = []
        append(to: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    package func append(to buffer: inout [UInt8]) {
        switch self {
        case .null: buffer.append("null")
        case .boolean(let value): buffer.append(value ? "true" : "false")
        case .integer(let value): buffer.appendJSON(value)
        case .number(let value): buffer.appendJSON(value)
        case .string(let value): buffer.appendJSON(value)
        case .array(let elements):
            buffer.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { buffer.append(0x2C) }
                element.append(to: &buffer)
            }
            buffer.append(0x5D)
        case .object(let members):
            buffer.append(0x7B)
            for (index, member) in members.enumerated() {
                if index > 0 { buffer.append(0x2C) }
                buffer.appendJSON(member.name)
                buffer.append(0x3A)
                member.value.append(to: &buffer)
            }
            buffer.append(0x7D)
        }
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
    ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral
{
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member(name: $0.0, value: $0.1) })
    }

    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
}
