// SPDX-License-Identifier: Apache-2.0
package import JSON

extension FeatureSchema {
    /// Marks a slot that no member has filled yet. Quiet NaNs that arithmetic makes, and `.nan`,
    /// have another payload.
    private static let unfilled = Double(bitPattern: 0x7FF8_6D61_7274_6C65)

    /// Reads one record and appends its row.
    ///
    /// A record is an array with a value for each feature in order, or an object with a member for
    /// each feature in any order. `null` is a missing value; leaving a member out is a mistake.
    /// Allocates nothing while `rows` and `texts` have room and the record is good.
    ///
    /// - Parameter texts: takes the values of text features.
    /// - Throws: `RecordError`; `rows` then ends with a part of a row.
    package func appendRow(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, to rows: inout [Double],
        texts: inout RowTexts
    ) throws(RecordError) {
        switch try Self.located("", { () throws(JSONError) in try cursor.peek(in: text) }) {
        case .array: try appendPositional(&cursor, text, to: &rows, &texts)
        case .object: try appendNamed(&cursor, text, to: &rows, &texts)
        default:
            throw RecordError(reason: .json(JSONError(.wrongType, at: cursor.position)), path: "")
        }
    }

    /// Reads on as long as records come that are nothing but numbers by position, all the rows of
    /// most requests; what stops it is for `appendRow`.
    ///
    /// - Precondition: the cursor is in an array of records.
    /// - Returns: how many rows were appended.
    package func appendPlainRows(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, to rows: inout [Double]
    ) -> Int {
        guard numberRuns[0] == count else { return 0 }
        return cursor.appendRows(of: count, to: &rows, in: text)
    }

    private func appendPositional(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, to rows: inout [Double],
        _ texts: inout RowTexts
    ) throws(RecordError) {
        var found = 0
        do throws(JSONError) {
            try cursor.enter(.array, in: text)
            while true {
                if found < count {
                    found += cursor.appendNumbers(
                        upTo: numberRuns[found], to: &rows, in: text)
                }
                guard try cursor.hasNext(.array, in: text) else { break }
                if found < count {
                    rows.append(try value(&cursor, text, features[found], &texts))
                } else {
                    try cursor.skip(in: text)
                }
                found += 1
            }
        } catch {
            throw recordError(error, index: found, path: "[\(found)]")
        }
        guard found == count else {
            throw RecordError(reason: .wrongCount(expected: count, found: found), path: "")
        }
    }

    private func appendNamed(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, to rows: inout [Double],
        _ texts: inout RowTexts
    ) throws(RecordError) {
        let start = rows.count
        for _ in 0..<count { rows.append(Self.unfilled) }
        try Self.located("") { () throws(JSONError) in try cursor.enter(.object, in: text) }
        while try Self.located(
            "", { () throws(JSONError) in try cursor.hasNext(.object, in: text) })
        {
            let name = try Self.located("") { () throws(JSONError) in try cursor.name(in: text) }
            guard let index = index(of: name, text) else {
                throw RecordError(reason: .unknownFeature, path: path(name.text(from: text)))
            }
            guard rows[start + index].bitPattern == Self.unfilled.bitPattern else {
                throw RecordError(reason: .duplicateFeature, path: path(features[index].name))
            }
            do throws(JSONError) {
                rows[start + index] = try value(&cursor, text, features[index], &texts)
            } catch {
                throw recordError(error, index: index, path: path(features[index].name))
            }
        }
        for index in 0..<count
        where rows[start + index].bitPattern == Self.unfilled.bitPattern {
            throw RecordError(reason: .missingFeature, path: path(features[index].name))
        }
    }

    @inline(__always)
    private func value(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, _ feature: borrowing Feature,
        _ texts: inout RowTexts
    ) throws(JSONError) -> Double {
        if case .null = try cursor.peek(in: text) {
            try cursor.null(in: text)
            return .nan
        }
        switch feature.kind {
        case .number: return try cursor.number(in: text)
        case .category(let dictionary):
            let string = try cursor.string(in: text)
            if !string.hasEscapes { return Double(dictionary.code(of: string.range, in: text)) }
            return Double(dictionary.code(of: string.text(from: text)))
        case .text:
            return texts.append(try cursor.string(in: text), from: text)
        }
    }

    private func index(of name: JSONString, _ text: Span<UInt8>) -> Int? {
        name.hasEscapes
            ? names.index(of: name.text(from: text)) : names.index(of: name.range, in: text)
    }

    private func recordError(_ error: JSONError, index: Int, path: String) -> RecordError {
        guard error.reason == .wrongType, index < count else {
            return RecordError(reason: .json(error), path: path)
        }
        let isNumber = features[index].kind == .number
        return RecordError(reason: isNumber ? .notANumber : .notAString, path: path)
    }

    private static func located<Value>(
        _ path: String, _ read: () throws(JSONError) -> Value
    ) throws(RecordError) -> Value {
        do throws(JSONError) {
            return try read()
        } catch {
            throw RecordError(reason: .json(error), path: path)
        }
    }

    /// A member's normalized path (RFC 9535 section 2.7).
    private func path(_ name: String) -> String {
        let escaped = name.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        return "['\(escaped)']"
    }
}
