// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// The columns that scoring writes: margins if asked for, predictions, contributions if asked for.
struct ScoreColumns {
    private let model: Model
    private let hasMargins: Bool
    private let hasContributions: Bool
    private let own: OutputColumns?
    private let names: [String]

    init(_ model: Model, hasMargins: Bool, hasContributions: Bool) {
        self.model = model
        self.hasMargins = hasMargins
        self.hasContributions = hasContributions
        let marginCount = model.output.marginCount
        // One for each margin: of two classes only the second's probability is written. Where the
        // model comes from may name the label and the probabilities of both.
        let own = model.outputColumns
        self.own = own
        var names =
            own.map { ($0.label.map { [$0] } ?? []) + $0.values }
            ?? (0..<marginCount).map { "prediction_\($0)" }
        if hasMargins { names = (0..<marginCount).map { "raw_\($0)" } + names }
        if hasContributions {
            for margin in 0..<marginCount {
                let prefix = marginCount == 1 ? "contribution" : "contribution_\(margin)"
                names += model.schema.features.map { "\(prefix)_\($0.name)" } + ["\(prefix)_base"]
            }
        }
        self.names = names
    }

    func appendHeader(to text: inout [UInt8]) {
        append(names.map(Self.quoted), to: &text)
    }

    /// - Parameters:
    ///   - rows: row-major.
    ///   - rowsBefore: how many were scored before these.
    /// - Throws: when contributions that are asked for are not finite.
    func appendScores(
        of rows: [Double], texts: RowTexts, rowsBefore: Int, to text: inout [UInt8]
    ) throws(CommandFailure) {
        var margins: [Double] = []
        model.appendMargins(of: rows.span, texts: texts, to: &margins)
        let count = model.output.marginCount
        let width = model.schema.count
        for row in 0..<rows.count / width {
            let raw = hasMargins ? Array(margins[row * count..<(row + 1) * count]) : []
            var outputs: [Double] = []
            model.output.appendOutputs(margins.span, at: row * count, to: &outputs)
            var scores = own == nil ? outputs.suffix(count) : outputs[...]
            if hasContributions {
                let values = Array(rows[row * width..<(row + 1) * width])
                for margin in 0..<count {
                    guard
                        let answer = model.explanation(
                            of: values.span, texts: texts, output: margin)
                    else {
                        throw CommandFailure(
                            "row \(rowsBefore + row + 1): a contribution is not a finite number")
                    }
                    scores += answer.contributions + [answer.base]
                }
            }
            let label = own?.label == nil ? [] : [label(margins.span, at: row * count)]
            append(raw.map(Self.text) + label + scores.map(Self.text), to: &text)
        }
    }

    /// The predicted label's text, or the cluster's number.
    private func label(_ margins: Span<Double>, at start: Int) -> String {
        let index = model.output.predictedIndex(margins, at: start)
        return model.output.labels.isEmpty ? "\(index)" : Self.quoted(model.output.labels[index])
    }

    private func append(_ cells: [String], to text: inout [UInt8]) {
        text += cells.joined(separator: ",").utf8
        text.append(0x0A)
    }

    /// The shortest text that reads back the same; `inf`, `-inf` or nothing where JSON has no word.
    private static func text(_ number: Double) -> String {
        if number.isNaN { return "" }
        if number.isInfinite { return number > 0 ? "inf" : "-inf" }
        return JSONValue.number(number).text
    }

    /// RFC 4180 section 2, rules 6 and 7.
    private static func quoted(_ name: String) -> String {
        guard name.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return name }
        return "\"\(name.replacing("\"", with: "\"\""))\""
    }
}
