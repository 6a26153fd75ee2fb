// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// The columns that scoring writes: margins if asked for, predictions, contributions if asked for.
struct ScoreColumns {
    private let model: Model
    private let hasMargins: Bool
    private let hasContributions: Bool
    private let names: [String]

    init(_ model: Model, hasMargins: Bool, hasContributions: Bool) {
        self.model = model
        self.hasMargins = hasMargins
        self.hasContributions = hasContributions
        let marginCount = model.output.marginCount
        // One for each margin: of two classes only the second's probability is written.
        var names = (0..<marginCount).map { "prediction_\($0)" }
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

    /// - Parameter rows: row-major.
    func appendScores(of rows: [Double], to text: inout [UInt8]) {
        var margins: [Double] = []
        model.appendMargins(of: rows.span, to: &margins)
        let count = model.output.marginCount
        let width = model.schema.count
        for row in 0..<rows.count / width {
            var scores: [Double] = hasMargins ? Array(margins[row * count..<(row + 1) * count]) : []
            var outputs: [Double] = []
            model.output.appendOutputs(margins.span, at: row * count, to: &outputs)
            scores += outputs.suffix(count)
            if hasContributions {
                let values = Array(rows[row * width..<(row + 1) * width])
                for margin in 0..<count {
                    let answer = model.explanation(of: values.span, output: margin)
                    scores += answer.map { $0.contributions + [$0.base] } ?? []
                }
            }
            append(scores.map(Self.text), to: &text)
        }
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
