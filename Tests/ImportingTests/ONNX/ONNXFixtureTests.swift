// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import Models
import Testing

@testable import Importing

/// Models that scikit-learn exported, against what ONNX Runtime answered.
struct ONNXFixtureTests {
    private static let root = "../shared/fixtures/"

    @Test(arguments: [
        ("onnx_logistic_pipeline", "graph"), ("onnx_random_forest", "trees"),
        ("onnx_gradient_boosting", "trees"), ("onnx_ridge_pipeline", "graph"),
        ("onnx_mlp_pipeline", "graph"), ("onnx_gaussian_nb", "graph"),
    ])
    func answersAsTheRuntimeDid(_ name: String, _ kind: String) throws {
        let folder = Self.root + name + "/"
        guard let bytes = FileManager.default.contents(atPath: folder + "model.onnx") else {
            try Test.cancel("\(name) is not there")
        }
        let made = try #require(try ForeignFormat.onnx.model(from: Array(bytes)).model)
        // As it is served: written, read and proved.
        let model = try Model(artifact: made.artifact)
        try model.verifyGoldenRows()
        #expect(model.kind == made.kind)
        #expect(model.kind.name == kind)
        let rows = try Self.table(folder + "rows.csv").rows.flatMap { cells in
            try Self.row(cells, model.schema)
        }
        let (header, expected) = try Self.table(folder + "expected.csv")
        let columns = try #require(model.outputColumns)
        #expect((columns.label.map { [$0] } ?? []) + columns.values == header)
        var margins: [Double] = []
        model.appendMargins(of: rows.span, to: &margins)
        let width = model.output.marginCount
        for (row, cells) in expected.enumerated() {
            var outputs: [Double] = []
            model.output.appendOutputs(margins.span, at: row * width, to: &outputs)
            if columns.label != nil {
                let label = model.output.predictedIndex(margins.span, at: row * width)
                #expect(model.output.labels[label] == cells[0], "row \(row)")
            }
            for (value, cell) in zip(outputs, cells.suffix(outputs.count)) {
                #expect(abs(value - (try #require(Double(cell)))) <= 1e-5, "row \(row)")
            }
        }
    }

    private static func table(_ path: String) throws -> (header: [String], rows: [[String]]) {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let rows = text.split(whereSeparator: \.isNewline).map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        }
        return (try #require(rows.first), Array(rows.dropFirst()))
    }

    /// By position: the graph's own inputs may have no name for each column.
    private static func row(_ cells: [String], _ schema: FeatureSchema) throws -> [Double] {
        try zip(cells, schema.features).map { cell, feature in
            if cell.isEmpty { return .nan }
            guard case .category(let dictionary) = feature.kind else {
                return try #require(Double(cell))
            }
            return Double(dictionary.code(of: cell))
        }
    }
}
