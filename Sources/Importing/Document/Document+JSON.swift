// SPDX-License-Identifier: Apache-2.0
import JSON

extension Document {
    /// Parses a whole JSON text.
    init(json text: Span<UInt8>, decimals: Decimals) throws(ImportError) {
        do throws(JSONError) {
            var cursor = JSONCursor()
            self = try Self.read(&cursor, text, decimals)
            try cursor.finish(in: text)
        } catch {
            throw .json(error)
        }
    }

    private static func read(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, _ decimals: Decimals
    ) throws(JSONError) -> Document {
        switch try cursor.peek(in: text) {
        case .null:
            try cursor.null(in: text)
            return .null
        case .boolean: return .boolean(try cursor.boolean(in: text))
        case .number: return .number(try number(&cursor, text, decimals))
        case .string: return .string(try cursor.string(in: text).text(from: text))
        case .array: return try readList(&cursor, text, decimals)
        case .object: return try readObject(&cursor, text, decimals)
        }
    }

    private static func number(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, _ decimals: Decimals
    ) throws(JSONError) -> Double {
        switch decimals {
        case .float32: try cursor.numberForFloat(in: text)
        case .float64: try cursor.number(in: text)
        }
    }

    private static func readList(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, _ decimals: Decimals
    ) throws(JSONError) -> Document {
        var numbers: [Double] = []
        var elements: [Document] = []
        try cursor.enter(.array, in: text)
        while try cursor.hasNext(.array, in: text) {
            // XGBoost until 3.0 writes NaN for the condition of a category.
            if decimals == .float32, elements.isEmpty, let value = cursor.nonFinite(in: text) {
                numbers.append(value)
                continue
            }
            if elements.isEmpty, case .number = try cursor.peek(in: text) {
                numbers.append(try number(&cursor, text, decimals))
                continue
            }
            if elements.isEmpty { elements = numbers.map { .number($0) } }
            elements.append(try read(&cursor, text, decimals))
        }
        return elements.isEmpty ? .numbers(numbers) : .list(elements)
    }

    private static func readObject(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, _ decimals: Decimals
    ) throws(JSONError) -> Document {
        var members: [String: Document] = [:]
        try cursor.enter(.object, in: text)
        while try cursor.hasNext(.object, in: text) {
            let start = cursor.position
            let name = try cursor.name(in: text).text(from: text)
            guard members.updateValue(try read(&cursor, text, decimals), forKey: name) == nil
            else { throw JSONError(.duplicateMember, at: start) }
        }
        return .object(members)
    }
}
