// SPDX-License-Identifier: Apache-2.0
package import JSON

/// An input with the answer that the trainer saw for it.
///
/// The record goes through the same reader as a request, so that a wrong dictionary or a wrong
/// number parser is found as well as a wrong weight.
package struct GoldenRow: Equatable, Sendable {
    package let record: JSONValue
    package let margins: [Double]
    /// Probabilities by label, or the value.
    package let outputs: [Double]

    /// How far values behind `exp` may lie from the trainer's, as libm differs between machines.
    static let ulpsMax: UInt64 = 4

    /// Computes the answer; `nil` when the record does not fit or the answer is not finite.
    init?(record: JSONValue, model: Model) {
        guard let (margins, outputs) = Self.answer(record, model) else { return nil }
        guard (margins + outputs).allSatisfy(\.isFinite) else { return nil }
        self.record = record
        self.margins = margins
        self.outputs = outputs
    }

    /// - Throws: `goldenMismatch` unless margins agree bit for bit and outputs within 4 ulp.
    func verify(_ model: Model, row: Int) throws(ArtifactError) {
        guard let (margins, outputs) = Self.answer(record, model) else {
            throw .goldenMismatch(row: row, field: "record")
        }
        guard margins.map(\.bitPattern) == self.margins.map(\.bitPattern) else {
            throw .goldenMismatch(row: row, field: "margins")
        }
        let areClose =
            outputs.count == self.outputs.count
            && zip(outputs, self.outputs).allSatisfy { Self.ulps($0, $1) <= Self.ulpsMax }
        guard areClose else { throw .goldenMismatch(row: row, field: "outputs") }
    }

    private static func answer(
        _ record: JSONValue, _ model: Model
    ) -> (margins: [Double], outputs: [Double])? {
        var text: [UInt8] = []
        record.append(to: &text)
        var cursor = JSONCursor()
        var row: [Double] = []
        var texts = RowTexts()
        guard (try? model.schema.appendRow(&cursor, text.span, to: &row, texts: &texts)) != nil
        else { return nil }
        var margins: [Double] = []
        model.appendMargins(of: row.span, texts: texts, to: &margins)
        var outputs: [Double] = []
        model.output.appendOutputs(margins.span, at: 0, to: &outputs)
        return (margins, outputs)
    }

    /// How many doubles lie between two, counting one of them.
    private static func ulps(_ left: Double, _ right: Double) -> UInt64 {
        func position(_ value: Double) -> Int64 {
            let bits = Int64(bitPattern: value.bitPattern)
            return bits < 0 ? Int64.min &- bits : bits
        }
        let (difference, overflow) = position(left).subtractingReportingOverflow(position(right))
        return overflow ? .max : difference.magnitude
    }
}

/// `{"record": […], "margins": […], "outputs": […]}`.
extension GoldenRow {
    var json: JSONValue {
        [
            "record": record, "margins": .array(margins.map { .number($0) }),
            "outputs": .array(outputs.map { .number($0) }),
        ]
    }

    init(json: JSONValue, field: String) throws(ArtifactError) {
        guard let record = json["record"] else { throw .missingField("\(field).record") }
        guard let margins = json["margins"]?.array else { throw .missingField("\(field).margins") }
        guard let outputs = json["outputs"]?.array else { throw .missingField("\(field).outputs") }
        self.record = record
        self.margins = margins.compactMap(\.number)
        self.outputs = outputs.compactMap(\.number)
        guard self.margins.count == margins.count, self.outputs.count == outputs.count else {
            throw .invalidField(field, "not numbers")
        }
    }
}
