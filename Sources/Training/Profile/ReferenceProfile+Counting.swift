// SPDX-License-Identifier: Apache-2.0
import Models

/// Rows with what the model makes of them.
struct ProfiledRows {
    let source: ReferenceProfile.Source
    let data: Dataset
    let margins: [Double]

    init(_ source: ReferenceProfile.Source, _ data: Dataset, _ margins: [Double]) {
        self.source = source
        self.data = data
        self.margins = margins
    }
}

extension ReferenceProfile {
    /// So many rows a comparison with them needs to be judged.
    private static let rowCountMin = 1000

    /// Features are sorted into bins by the training rows. Counted are held-out rows, which the
    /// bins and the model were not fitted to; the training rows are where too few were held out, as
    /// far as features go: of its own answers to them the model is too sure.
    ///
    /// - Returns: `nil` without rows.
    init?(train: ProfiledRows, test: ProfiledRows, output: Output) {
        let counted = test.data.count >= Self.rowCountMin ? test : train
        let answered = test.data.count > 0 ? test : train
        guard counted.data.count > 0 else { return nil }
        let inputs = Self.inputBins(train.data)
        let outputs = Self.outputBins(answered, output)
        let layout = ProfileLayout(inputs: inputs, outputs: outputs)
        var slots = [UInt64](repeating: 0, count: layout.slotCount)
        let width = counted.data.schema.count
        for row in 0..<counted.data.count {
            layout.count(
                row: counted.data.rows.span.extracting(row * width..<(row + 1) * width),
                texts: counted.data.texts, into: &slots)
        }
        var scratch: [Double] = []
        for row in 0..<answered.data.count {
            layout.count(
                answer: answered.margins.span, at: row * output.marginCount, of: output, &scratch,
                into: &slots)
        }
        let counts = layout.variables(slots)
        func part(
            _ rows: ProfiledRows, _ bins: [ProfileBins], _ counts: [VariableCounts]
        ) -> Part {
            Part(
                source: rows.source, rowCount: rows.data.count,
                variables: zip(bins, counts).map { ProfiledVariable(bins: $0, counts: $1) })
        }
        self.init(
            inputs: part(counted, inputs, counts.inputs),
            outputs: part(answered, outputs, counts.outputs))
    }

    private static func inputBins(_ data: Dataset) -> [ProfileBins] {
        let width = data.schema.count
        return data.schema.features.enumerated().map { index, feature in
            func value(_ row: Int) -> Double { data.rows[row * width + index] }
            switch feature.kind {
            case .number: return .numbers(rowCount: data.count, value)
            case .category(let dictionary):
                return .categories(
                    codeCount: dictionary.otherCode, rowCount: data.count, value)
            case .text: return .text
            }
        }
    }

    private static func outputBins(_ rows: ProfiledRows, _ output: Output) -> [ProfileBins] {
        let width = output.marginCount
        let indices = output.profiledIndices
        var values: [Double] = []
        var outputs: [Double] = []
        for row in 0..<rows.data.count {
            outputs.removeAll(keepingCapacity: true)
            output.appendOutputs(rows.margins.span, at: row * width, to: &outputs)
            values += outputs[indices]
        }
        var bins = (0..<indices.count).map { place in
            ProfileBins.numbers(rowCount: rows.data.count) { values[$0 * indices.count + place] }
        }
        if output.choiceCount > 0 {
            bins.append(
                .categories(codeCount: output.choiceCount, rowCount: rows.data.count) {
                    Double(output.predictedIndex(rows.margins.span, at: $0 * width))
                })
        }
        return bins
    }
}
