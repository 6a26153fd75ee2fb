// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import Testing

/// A model that an official library saved, rows, and what that library answered about them.
struct LibraryModel: CustomStringConvertible, Sendable {
    private static let root = "../shared/fixtures"

    /// Every model file of every fixture; none where the fixtures are not there.
    static let all: [LibraryModel] = {
        let folders: [String] =
            (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return folders.sorted().flatMap { folder in
            let files: [String] =
                (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
            return files.sorted().filter { $0.hasPrefix("model.") }.map {
                LibraryModel(folder: folder, file: $0)
            }
        }
    }()

    let folder: String
    let file: String

    var description: String { "\(folder)/\(file)" }
    var path: String { "\(Self.root)/\(folder)/\(file)" }
    var rowsPath: String { "\(Self.root)/\(folder)/rows.csv" }

    /// The library's name, as its folder begins.
    var library: Substring { folder.prefix { $0 != "_" } }

    /// How far predictions may lie from the library's: by its precision, or by what is promised.
    var tolerance: Double {
        switch library {
        case "lightgbm", "catboost": 1e-12
        case "xgboost": 1e-6
        default: 1e-5
        }
    }

    func rows() throws -> Table { try Table(rowsPath) }

    func expected() throws -> Table { try Table("\(Self.root)/\(folder)/expected.csv") }

    /// Of the first rows: for each margin, those of all features and the base.
    func contributions() throws -> Table? {
        let path = "\(Self.root)/\(folder)/contributions_first20.csv"
        return FileManager.default.fileExists(atPath: path) ? try Table(path) : nil
    }

    /// A CSV file whose cells need no quotes.
    struct Table {
        let header: [String]
        let rows: [[String]]

        init(_ path: String) throws {
            let lines = try String(contentsOfFile: path, encoding: .utf8)
                .split(whereSeparator: \.isNewline)
            let cells = lines.map { line in
                line.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
            }
            header = try #require(cells.first)
            rows = Array(cells.dropFirst())
        }

        /// A row's cells under the columns whose names begin so.
        func numbers(_ row: Int, _ prefix: String) throws -> [Double] {
            try zip(header, rows[row]).filter { $0.0.hasPrefix(prefix) }.map {
                try #require(Double($0.1))
            }
        }
    }
}
