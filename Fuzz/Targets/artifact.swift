// SPDX-License-Identifier: Apache-2.0
import Models

/// An artifact: its header up to the first NUL, then its tensors. The header's length is put before
/// them here, so that a mutation of the text is not just a wrong length.
///
/// It is refused, or it is a model that answers every row, explains it, counts it where it has a
/// profile, and is written and read again as the same model.
@c(LLVMFuzzerTestOneInput)
func fuzzArtifact(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = ExactBytes.input(data, count)
    let header = input.prefix { $0 != 0 }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> ($0 * 8)) }
    guard let model = try? Model(artifact: length + header + input.dropFirst(header.count + 1))
    else { return 0 }
    _ = try? model.verifyGoldenRows()
    var texts = RowTexts()
    _ = texts.append("A text, with words: 2\u{E9}")
    for value in [0, -1, 0.5, 1e300, .infinity, -.infinity, Double.nan] {
        let row = model.schema.features.map { slot(for: value, $0) }
        var margins: [Double] = []
        model.appendMargins(of: row.span, texts: texts, to: &margins)
        check(margins.count == model.output.marginCount, "margins that do not fit the output")
        var outputs: [Double] = []
        model.output.appendOutputs(margins.span, at: 0, to: &outputs)
        if let profile = model.profile {
            countRow(row, margins, texts, profile, model.output)
        }
        // None where a number of it is not finite.
        guard let explanation = model.explanation(of: row.span, texts: texts, output: 0)
        else { continue }
        check(model.isExplainable, "an explanation of what cannot be explained")
        check(explanation.contributions.count == row.count, "a row that is half explained")
        let numbers = [explanation.base] + explanation.contributions
        check(numbers.allSatisfy(\.isFinite), "an explanation that is not finite")
    }
    guard let again = try? Model(artifact: model.artifact) else {
        check(false, "what was written cannot be read")
        return 0
    }
    check(again.artifact == model.artifact, "read again it is another artifact")
    return 0
}

/// Each variable counts a row once.
private func countRow(
    _ row: [Double], _ margins: [Double], _ texts: RowTexts, _ profile: ReferenceProfile,
    _ output: Output
) {
    let layout = profile.layout
    var slots = [UInt64](repeating: 0, count: layout.slotCount)
    var scratch: [Double] = []
    layout.count(row: row.span, texts: texts, into: &slots)
    layout.count(answer: margins.span, at: 0, of: output, &scratch, into: &slots)
    let counts = layout.variables(slots)
    check(
        (counts.inputs + counts.outputs).allSatisfy { $0.total == 1 },
        "a variable that does not count a row once")
}

/// A number as it is; else the first category or text, another or none, as a request's reader
/// would put it.
private func slot(for value: Double, _ feature: Feature) -> Double {
    switch feature.kind {
    case .number: value
    case .category(let dictionary):
        value.isNaN ? .nan : value > 0 ? Double(dictionary.otherCode) : 0
    case .text: value.isNaN ? .nan : 0
    }
}
