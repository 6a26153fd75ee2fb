// SPDX-License-Identifier: Apache-2.0
import CSV
import Testing
import Training
import Zlib

struct TableTests {
    static func table(
        _ text: String, name: String = "data.csv", _ dialect: CSVDialect = CSVDialect()
    ) throws(TrainingError) -> Table {
        try Table(SourceFile(name: name, bytes: Array(text.utf8)), dialect: dialect)
    }

    private static func rows(_ table: Table) -> [[String]] {
        (0..<table.rowCount).map { row in
            table.columnNames.indices.map { table.string(row: row, column: $0) ?? "not UTF-8" }
        }
    }

    @Test(arguments: [
        ("plain", "a,b\n1,2\n", [["1", "2"]]),
        ("no line end at the end", "a,b\n1,2", [["1", "2"]]),
        ("CRLF", "a,b\r\n1,2\r\n3,4\r\n", [["1", "2"], ["3", "4"]]),
        ("CR", "a,b\r1,2\r3,4\r", [["1", "2"], ["3", "4"]]),
        ("byte order mark", "\u{FEFF}a,b\n1,2\n", [["1", "2"]]),
        ("quotes", "\"a\",b\n\"1\",\"2\"\n", [["1", "2"]]),
        ("delimiter in quotes", "a,b\n\"1,5\",2\n", [["1,5", "2"]]),
        ("line end in quotes", "a,b\n\"1\r\n5\",2\n", [["1\r\n5", "2"]]),
        ("doubled quotes", "a,b\n\"5\"\" disk\",\"\"\"\"\n", [["5\" disk", "\""]]),
        ("quote inside a field", "a,b\n5\" disk,x\n", [["5\" disk", "x"]]),
        ("empty fields", "a,b\n,\n\"\",x\n", [["", ""], ["", "x"]]),
        ("empty lines", "\n\na,b\n\n1,2\n\n\n3,4\n\n", [["1", "2"], ["3", "4"]]),
        ("blanks are kept", "a,b\n 1 ,\t2\n", [[" 1 ", "\t2"]]),
        ("semicolons", "a;b\n1,5;2\n", [["1,5", "2"]]),
        ("bars", "a|b\n1|2\n", [["1", "2"]]),
        ("tabs", "a\tb\n1\t2\n", [["1", "2"]]),
        ("umlauts", "a,b\nKöln,größer\n", [["Köln", "größer"]]),
    ])
    func reads(label: String, text: String, expected: [[String]]) throws {
        let table = try Self.table(text)
        #expect(table.columnNames == ["a", "b"])
        #expect(Self.rows(table) == expected)
    }

    @Test func readsTheSameFromGzip() throws {
        let text = Array("a,b\n1,x\n2,y\n".utf8)
        let file = SourceFile(name: "data.csv.gz", bytes: try Gzip.compress(text))
        #expect(try Self.rows(Table(file)) == [["1", "x"], ["2", "y"]])
    }

    @Test func takesTabsFromTheNameAndLooseQuotesFromTabs() throws {
        let text = "a,c\tb\n\"Wen u\" miss\t\"x\ty\"\n\"open\tz\n"
        let table = try Self.table(text, name: "data.tsv.gz")
        #expect(table.columnNames == ["a,c", "b"])
        #expect(Self.rows(table) == [["\"Wen u\" miss", "x\ty"], ["\"open", "z"]])
    }

    @Test func namesColumnsWithoutAHeader() throws {
        let given = try Self.table("1,2\n3,4\n", CSVDialect(header: .names(["a", "b"])))
        #expect(given.columnNames == ["a", "b"])
        #expect(given.rowCount == 2)
        let numbered = try Self.table("1,2\n3,4\n", CSVDialect(header: .numbered))
        #expect(numbered.columnNames == ["column_1", "column_2"])
        #expect(numbered.rowCount == 2)
        let unnamed = try Self.table(",a\n0,x\n")
        #expect(unnamed.columnNames == ["column_1", "a"])
    }

    @Test(
        arguments: [
            ("", nil, nil, "the file is empty"),
            ("\n\n", nil, nil, "the file is empty"),
            ("a,b\n", nil, nil, "no rows after the header"),
            ("a,b\n1,2\n3\n", 3, nil, "1 fields where 2 are expected"),
            ("a,b\n\"1\n1\",2\n3,4,5\n", 4, nil, "3 fields where 2 are expected"),
            ("a,b\n\"1\"\"\n1\",2\n3,4,5\n", 4, nil, "3 fields where 2 are expected"),
            ("a,b\n1,2\n\"3,4\n", 3, nil, "the quote that opens here is never closed"),
            (
                "a,b\n1,\"2\"x\n", 2, nil,
                "text follows a closing quote; a quote inside is written twice"
            ),
            ("a,a\n1,2\n", 1, "a", "the name occurs twice"),
        ] as [(String, Int?, String?, String)])
    func rejects(text: String, line: Int?, column: String?, reason: String) {
        let fault = InputFault(file: "data.csv", line: line, column: column, reason: reason)
        #expect(throws: TrainingError.data(fault)) { try Self.table(text) }
    }

    @Test func rejectsUTF16AndDamagedGzip() throws {
        #expect(throws: TrainingError.self) {
            try Table(SourceFile(name: "x", bytes: [0xFF, 0xFE, 0x61, 0]))
        }
        let gzip = try Gzip.compress(Array("a\n1\n".utf8))
        let fault = InputFault(file: "x", reason: "damaged gzip: the stream is cut off")
        #expect(throws: TrainingError.data(fault)) {
            try Table(SourceFile(name: "x", bytes: Array(gzip.dropLast(3))))
        }
    }

    @Test func suggestsTheNearestColumn() throws {
        let table = try Self.table("age,income\n1,2\n")
        #expect(try table.column(named: "income") == 1)
        let fault = InputFault(
            file: "data.csv", line: 1, reason: "no column 'incom'; did you mean 'income'?")
        #expect(throws: TrainingError.data(fault)) { try table.column(named: "incom") }
    }
}
