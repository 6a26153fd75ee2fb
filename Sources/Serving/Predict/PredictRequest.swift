// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// The body of a prediction request: rows of one schema.
///
/// `{"features": record}` for one row or `{"instances": [record, …]}` for many, with the optional
/// `"explain": true` and `"key": "…"`. Reused from request to request, so that reading a good one
/// allocates nothing once the rows have found their room.
struct PredictRequest: Sendable {
    /// Row-major, one value for each feature.
    private(set) var rows: [Double] = []
    private(set) var texts = RowTexts()
    private(set) var rowCount = 0
    private(set) var isBatch = false
    private(set) var explains = false
    /// The sticky key's UTF-8; empty without one.
    private(set) var key: [UInt8] = []

    /// Reads `text`, replacing what was read before.
    mutating func read(
        _ text: Span<UInt8>, schema: borrowing FeatureSchema
    ) throws(InputProblem) {
        rows.removeAll(keepingCapacity: true)
        texts.removeAll()
        rowCount = 0
        isBatch = false
        explains = false
        key.removeAll(keepingCapacity: true)
        var cursor = JSONCursor()
        var members = Members()
        let kind = try Self.at("$") { () throws(JSONError) in try cursor.peek(in: text) }
        guard case .object = kind else {
            // What is not JSON at all is told so, whatever it begins like.
            try Self.at("$") { () throws(JSONError) in try cursor.skip(in: text) }
            throw .wrongType(expected: .object, path: "$")
        }
        try Self.at("$") { () throws(JSONError) in try cursor.enter(.object, in: text) }
        while try Self.at("$", { () throws(JSONError) in try cursor.hasNext(.object, in: text) }) {
            let name = try Self.at("$") { () throws(JSONError) in try cursor.name(in: text) }
            try readMember(name, &cursor, text, schema, &members)
        }
        try Self.at("$") { () throws(JSONError) in try cursor.finish(in: text) }
        guard members.contains(.features) != members.contains(.instances) else {
            throw members.contains(.features) ? .bothInputs : .missingInput
        }
    }

    private struct Members: OptionSet {
        let rawValue: UInt8
        static let features = Members(rawValue: 1)
        static let instances = Members(rawValue: 2)
        static let explain = Members(rawValue: 4)
        static let key = Members(rawValue: 8)
    }

    private mutating func readMember(
        _ name: JSONString, _ cursor: inout JSONCursor, _ text: Span<UInt8>,
        _ schema: borrowing FeatureSchema, _ members: inout Members
    ) throws(InputProblem) {
        if name.equals("features", in: text) {
            try Self.insert(.features, into: &members, path: "$.features")
            guard !members.contains(.instances) else { throw .bothInputs }
            try readRow(&cursor, text, schema, instance: nil)
        } else if name.equals("instances", in: text) {
            try Self.insert(.instances, into: &members, path: "$.instances")
            guard !members.contains(.features) else { throw .bothInputs }
            try readInstances(&cursor, text, schema)
        } else if name.equals("explain", in: text) {
            try Self.insert(.explain, into: &members, path: "$.explain")
            explains = try Self.value(.boolean, "$.explain") { () throws(JSONError) in
                try cursor.boolean(in: text)
            }
        } else if name.equals("key", in: text) {
            // Names the unit that a rollout keeps on one version; without a rollout all see one.
            try Self.insert(.key, into: &members, path: "$.key")
            let string = try Self.value(.string, "$.key") { () throws(JSONError) in
                try cursor.string(in: text)
            }
            string.append(to: &key, from: text)
        } else {
            throw .unknownMember(path: "$['\(name.text(from: text))']")
        }
    }

    private mutating func readInstances(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, _ schema: borrowing FeatureSchema
    ) throws(InputProblem) {
        isBatch = true
        try Self.value(.array, "$.instances") { () throws(JSONError) in
            try cursor.enter(.array, in: text)
        }
        while true {
            rowCount += schema.appendPlainRows(&cursor, text, to: &rows)
            let hasNext = try Self.at("$.instances") { () throws(JSONError) in
                try cursor.hasNext(.array, in: text)
            }
            guard hasNext else { break }
            try readRow(&cursor, text, schema, instance: rowCount)
        }
        guard rowCount > 0 else { throw .emptyInstances }
    }

    private mutating func readRow(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, _ schema: borrowing FeatureSchema,
        instance: Int?
    ) throws(InputProblem) {
        do throws(RecordError) {
            try schema.appendRow(&cursor, text, to: &rows, texts: &texts)
        } catch {
            let path = instance.map { "$.instances[\($0)]" } ?? "$.features"
            throw .record(error.reason, path: path + error.path)
        }
        rowCount += 1
    }

    private static func insert(
        _ member: Members, into members: inout Members, path: String
    ) throws(InputProblem) {
        guard members.insert(member).inserted else { throw .duplicateMember(path: path) }
    }

    /// Runs a step of the cursor; its errors lie at `path`.
    @inline(__always)
    private static func at<Value>(
        _ path: StaticString, _ step: () throws(JSONError) -> Value
    ) throws(InputProblem) -> Value {
        do throws(JSONError) {
            return try step()
        } catch {
            throw .json(error, path: "\(path)")
        }
    }

    /// Like `at`, for a value whose type may be wrong.
    private static func value<Value>(
        _ expected: InputProblem.Expectation, _ path: StaticString,
        _ step: () throws(JSONError) -> Value
    ) throws(InputProblem) -> Value {
        do throws(JSONError) {
            return try step()
        } catch {
            if error.reason == .wrongType { throw .wrongType(expected: expected, path: "\(path)") }
            throw .json(error, path: "\(path)")
        }
    }
}
