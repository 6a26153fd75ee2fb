// SPDX-License-Identifier: Apache-2.0
import Foundation
import Importing
import Models
import Testing

/// A folder with a model as its library wrote it, rows, and what the library answered.
struct Fixture {
    let model: ImportedModel
    /// Row-major, for the model's schema.
    let rows: [Double]
    /// Column by column, by name.
    let expected: [String: [Double]]
    let contributions: [[Double]]

    private static let root = "../shared/fixtures/"

    static var isThere: Bool { FileManager.default.fileExists(atPath: root) }

    init(_ folder: String, file: String) throws {
        let path = Self.root + folder + "/"
        let bytes = try #require(FileManager.default.contents(atPath: path + file))
        let format = try #require(ForeignFormat.detect(Array(bytes)))
        model = try format.model(from: Array(bytes))
        let (names, cells) = try Self.table(path + "rows.csv")
        rows = try Self.rows(model.schema, names, cells)
        let (columns, values) = try Self.table(path + "expected.csv")
        var expected: [String: [Double]] = [:]
        for (index, column) in columns.enumerated() {
            expected[column] = try values.map { try #require(Double($0[index])) }
        }
        self.expected = expected
        contributions = try Self.contributions(path + "contributions_first20.csv")
    }

    private static func table(_ path: String) throws -> (header: [String], rows: [[String]]) {
        let bytes = try #require(FileManager.default.contents(atPath: path))
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        let rows = lines.map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        }
        return (try #require(rows.first), Array(rows.dropFirst()))
    }

    private static func rows(
        _ schema: FeatureSchema, _ names: [String], _ cells: [[String]]
    ) throws -> [Double] {
        var rows: [Double] = []
        for row in cells {
            for feature in schema.features {
                let column = try #require(names.firstIndex(of: feature.name))
                let cell = row[column]
                if cell.isEmpty {
                    rows.append(.nan)
                } else if case .category(let dictionary) = feature.kind {
                    rows.append(Double(dictionary.code(of: cell)))
                } else {
                    rows.append(try #require(Double(cell)))
                }
            }
        }
        return rows
    }

    private static func contributions(_ path: String) throws -> [[Double]] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try table(path).rows.map { row in try row.map { try #require(Double($0)) } }
    }

    var rowCount: Int { rows.count / model.schema.count }
}
