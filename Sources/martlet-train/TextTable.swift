// SPDX-License-Identifier: Apache-2.0

/// Rows of text in aligned columns.
struct TextTable {
    enum Alignment { case left, right }

    let alignments: [Alignment]
    var rows: [[String]]

    var text: String {
        let widths = alignments.indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return alignments[column] == .left
                    ? row[column] + padding : padding + row[column]
            }
            let line = cells.joined(separator: "  ")
            return "  " + String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
