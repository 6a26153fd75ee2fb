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
        check(used.texts == fresh.texts, "other texts")
        for (row, record) in records.enumerated() {
            for (index, feature) in schema.features.enumerated() {
                let value = record[feature.name] ?? record.array?[index] ?? .null
                check(
                    isValue(fresh.rows[row * schema.count + index], feature, value, fresh.texts),
                    "a row holds another value")
            }
        }
    }
    return 0
}

/// Numbers alone, and numbers mixed with categories and with texts.
private let schemas: [FeatureSchema] = {
    let labels = CategoryDictionary(values: ["a", "b", "\u{E9}"]).map { Feature.Kind.category($0) }
    let names = ["x", "y", "colour", "\u{E9}"]
    return [.number, labels ?? .number, .text].compactMap { kind in
        FeatureSchema(names.map { Feature(name: $0, kind: $0 == "colour" ? kind : .number) })
    }
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

/// Whether a row's slot holds what the document says of the feature.
private func isValue(
    _ slot: Double, _ feature: Feature, _ value: JSONValue, _ texts: RowTexts
) -> Bool {
    switch feature.kind {
    case .number: return slot.bitPattern == (value.number ?? .nan).bitPattern
    case .category(let dictionary):
        let code = value.string.map { Double(dictionary.code(of: $0)) } ?? .nan
        return slot.bitPattern == code.bitPattern
    case .text:
        guard let text = value.string else { return texts.range(of: slot) == nil }
        return texts.range(of: slot).map { texts.bytes[$0].elementsEqual(text.utf8) } == true
    }
}
