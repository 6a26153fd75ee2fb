// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP1
import Testing

/// `docs/http-conformance.md` names a test for each rule; these tests keep its word.
struct ConformancePageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The cells of each row of each table, headings and rulers left out.
    private static let rows: [[String]] = {
        let page = root.appending(path: "docs/http-conformance.md")
        guard let text = try? String(contentsOf: page, encoding: .utf8) else { return [] }
        let lines = text.split(separator: "\n")
        return zip(lines, lines.dropFirst() + [""]).compactMap { line, next in
            guard line.hasPrefix("|"), !line.hasPrefix("|-"), !next.hasPrefix("|-") else {
                return nil
            }
            return line.dropFirst().dropLast().replacing("\\|", with: "\u{0}").split(separator: "|")
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }()

    /// `Suite/function` → where it is said to be.
    private static let tests: [String] = Set(
        rows.flatMap { row in
            (row.last ?? "").split(separator: "`").map(String.init).filter { $0.contains("Tests/") }
        }
    ).sorted()

    @Test func everyRuleNamesATest() {
        #expect(Self.rows.count > 100)
        for row in Self.rows {
            #expect(row.count >= 3, "\(row)")
            #expect(row.last?.contains("Tests/") == true, "\(row)")
        }
    }

    @Test(arguments: tests)
    func everyNamedTestExists(_ name: String) throws {
        let parts = name.split(separator: "/")
        try #require(parts.count == 2)
        let folder = Self.root.appending(path: "Tests")
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        let isThere = try files.contains {
            guard $0.hasSuffix("/\(parts[0]).swift") else { return false }
            return try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
                .contains("func \(parts[1])(")
        }
        #expect(isThere)
    }

    @Test(arguments: HTTPParseError.allCases)
    func everyRefusalStandsThereWithItsStatus(_ error: HTTPParseError) {
        let row = Self.rows.first { $0.first == "`\(error.rawValue)`" }
        #expect(row?[1] == "\(error.status.code)")
    }
}
