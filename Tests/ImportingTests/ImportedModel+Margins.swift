// SPDX-License-Identifier: Apache-2.0
import Importing
import Models
import Testing

extension ImportedModel {
    /// The margins of row-major rows.
    func margins(of rows: [Double]) throws -> [Double] {
        let model = try #require(model)
        var margins: [Double] = []
        model.appendMargins(of: rows.span, to: &margins)
        return margins
    }
}
