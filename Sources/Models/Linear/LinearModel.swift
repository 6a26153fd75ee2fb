// SPDX-License-Identifier: Apache-2.0

/// Margins that are weighted sums of a row's encoded columns.
///
/// Sums run over the features in order, then over the texts' terms, starting from the intercept:
/// the same order for one row and for many, so that the bits never depend on how rows were grouped.
/// They are in `Double`, or, for the models of a library that computes so, in `Float` with every
/// product rounded.
package struct LinearModel: Equatable, Sendable {
    package let encoding: LinearEncoding
    package let outputCount: Int
    /// Column-major, outputs adjacent: column `c` for output `k` is at `c * outputCount + k`.
    let weightsByColumn: [Double]
    package let intercepts: [Double]
    package let precision: Precision

    /// - Parameter weights: outputs × columns, row-major, like scikit-learn's `coef_`.
    /// - Returns: `nil` when shapes disagree, or a number is not finite or not of the precision.
    package init?(
        encoding: LinearEncoding, weights: [Double], intercepts: [Double],
        precision: Precision = .float64
    ) {
        let (cells, overflow) = intercepts.count.multipliedReportingOverflow(
            by: encoding.columnCount)
        guard !intercepts.isEmpty, !overflow, weights.count == cells,
            (weights + intercepts).allSatisfy({ $0.isFinite && precision.rounded($0) == $0 })
        else { return nil }
        self.encoding = encoding
        self.precision = precision
        self.intercepts = intercepts
        outputCount = intercepts.count
        var byColumn = [Double](repeating: 0, count: weights.count)
        for output in 0..<intercepts.count {
            for column in 0..<encoding.columnCount {
                byColumn[column * intercepts.count + output] =
                    weights[output * encoding.columnCount + column]
            }
        }
        weightsByColumn = byColumn
    }

    /// Outputs × columns, row-major.
    package var weights: [Double] {
        (0..<outputCount).flatMap { output in
            (0..<encoding.columnCount).map { weightsByColumn[$0 * outputCount + output] }
        }
    }

    /// Appends `outputCount` margins for each row.
    ///
    /// - Parameter rows: row-major, one value for each feature.
    /// - Complexity: O(rows × features × outputs) and the texts' terms; allocates nothing once
    ///   `margins` and `scratch` have room.
    package func appendMargins(
        of rows: Span<Double>, texts: borrowing RowTexts, _ scratch: inout TextScratch,
        to margins: inout [Double]
    ) {
        let featureCount = encoding.blocks.count
        var start = 0
        while start < rows.count {
            if outputCount == 1, precision == .float64 {
                margins.append(margin(of: rows, at: start))
            } else {
                appendMargins(of: rows, at: start, to: &margins)
            }
            if !encoding.textBlocks.isEmpty {
                addTerms(
                    of: rows.extracting(start..<(start + featureCount)), texts, &scratch,
                    to: &margins, at: margins.count - outputCount)
            }
            start += featureCount
        }
    }

    /// The same for rows without texts.
    package func appendMargins(of rows: Span<Double>, to margins: inout [Double]) {
        var scratch = TextScratch()
        appendMargins(of: rows, texts: RowTexts(), &scratch, to: &margins)
    }

    private func addTerms(
        of row: Span<Double>, _ texts: borrowing RowTexts, _ scratch: inout TextScratch,
        to margins: inout [Double], at first: Int
    ) {
        encoding.forEachTerm(of: row, texts: texts, &scratch) { _, column, value in
            for output in 0..<outputCount {
                margins[first + output] += weightsByColumn[column * outputCount + output] * value
            }
        }
    }

    private func margin(of rows: Span<Double>, at start: Int) -> Double {
        let blocks = encoding.blocks.span
        let weights = weightsByColumn.span
        var sum = intercepts[0]
        for index in blocks.indices {
            let (column, value) = blocks[index].entry(rows[start + index])
            sum += weights[column] * value
        }
        return sum
    }

    private func appendMargins(
        of rows: Span<Double>, at start: Int, to margins: inout [Double]
    ) {
        let first = margins.count
        margins.append(contentsOf: intercepts)
        for index in encoding.blocks.indices {
            let (column, value) = encoding.blocks[index].entry(rows[start + index])
            for output in 0..<outputCount {
                let weight = weightsByColumn[column * outputCount + output]
                guard precision == .float32 else {
                    margins[first + output] += weight * value
                    continue
                }
                // A product or sum of two floats is that of the doubles, rounded (Figueroa 1995).
                let product = Float(weight * Double(Float(value)))
                margins[first + output] = Double(Float(margins[first + output]) + product)
            }
        }
    }

    /// The base is the intercept; a text's terms count as the text.
    package func explanation(
        of row: Span<Double>, texts: borrowing RowTexts = RowTexts(), output: Int
    ) -> Explanation {
        var contributions = encoding.blocks.indices.map { index in
            let (column, value) = encoding.blocks[index].entry(row[index])
            return weightsByColumn[column * outputCount + output] * value
        }
        var scratch = TextScratch()
        encoding.forEachTerm(of: row, texts: texts, &scratch) { feature, column, value in
            contributions[feature] += weightsByColumn[column * outputCount + output] * value
        }
        return Explanation(base: intercepts[output], contributions: contributions)
    }
}
