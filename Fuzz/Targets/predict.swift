// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// The body of a prediction request: what is accepted is what the document reader sees as well,
/// row by row, and a reader that has read before reads the same.
@c(LLVMFuzzerTestOneInput)
func fuzzPredict(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let exact = ExactBytes(UnsafeBufferPointer(start: data, count: count))
    let text = UnsafeBufferPointer(exact.bytes).span
    for schema in schemas {
        var fresh = PredictRequest()
        let outcome = read(text, schema, &fresh)
        var used = PredictRequest()
        _ = read(Array(#"{"instances":[[0,1,2,3],[4,5,"b",7]]}"#.utf8).span, schema, &used)
        check(read(text, schema, &used) == outcome, "what was read before matters")
        guard outcome == nil else { continue }
        check(used.rows.map(\.bitPattern) == fresh.rows.map(\.bitPattern), "other rows")
        check(fresh.rows.count == fresh.rowCount * schema.count, "a row is too short or too long")
        guard let document = try? JSONValue(parsing: text) else {
            check(false, "accepted, and no JSON")
            continue
        }
        let records = document["instances"]?.array ?? [document["features"] ?? .null]
        check(records.count == fresh.rowCount, "another number of rows")
        let expected = records.flatMap { row($0, schema) }
        check(
            expected.map(\.bitPattern) == fresh.rows.map(\.bitPattern), "the rows hold other values"
        )
    }
    return 0
}

/// Numbers alone, and numbers mixed with categories.
private let schemas: [FeatureSchema] = {
    let labels = CategoryDictionary(values: ["a", "b", "\u{E9}"]).map { Feature.Kind.category($0) }
    let names = ["x", "y", "colour", "\u{E9}"]
    return [
        FeatureSchema(names.map { Feature(name: $0, kind: .number) }),
        FeatureSchema(
            names.map { Feature(name: $0, kind: $0 == "colour" ? labels ?? .number : .number) }),
    ].compactMap(\.self)
}()

private func read(
    _ text: Span<UInt8>, _ schema: FeatureSchema, _ request: inout PredictRequest
) -> InputProblem? {
    do throws(InputProblem) {
        try request.read(text, schema: schema)
        return nil
    } catch {
        return error
    }
}

/// A record's row, from its document.
private func row(_ record: JSONValue, _ schema: FeatureSchema) -> [Double] {
    schema.features.enumerated().map { index, feature in
        let value = record[feature.name] ?? record.array?[index] ?? .null
        switch feature.kind {
        case .number: return value.number ?? .nan
        case .category(let dictionary):
            return value.string.map { Double(dictionary.code(of: $0)) } ?? .nan
        }
    }
}
