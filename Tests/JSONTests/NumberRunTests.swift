// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

/// The fast ways through arrays of numbers against the careful one: the same numbers to the bit,
/// and the same faults at the same bytes.
struct NumberRunTests {
    private enum Way: CaseIterable {
        case careful, runs, rows
    }

    /// The bits of the numbers, row by row, or the first fault.
    private typealias Reading = Result<[[UInt64]], JSONError>

    /// Reads `[[…], …]`, each row three wide where rows are read as such.
    private func read(_ bytes: [UInt8], _ way: Way) -> Reading {
        let text = bytes.span
        var cursor = JSONCursor()
        var rows: [[UInt64]] = []
        do throws(JSONError) {
            try cursor.enter(.array, in: text)
            while true {
                if way == .rows {
                    var numbers: [Double] = []
                    let count = cursor.appendRows(of: 3, to: &numbers, in: text)
                    guard numbers.count == 3 * count else { return .success([]) }
                    for row in 0..<count {
                        rows.append(numbers[(3 * row)..<(3 * row + 3)].map(\.bitPattern))
                    }
                }
                guard try cursor.hasNext(.array, in: text) else { break }
                rows.append(try readRow(&cursor, text, way))
            }
            try cursor.finish(in: text)
        } catch {
            return .failure(error)
        }
        return .success(rows)
    }

    private func readRow(
        _ cursor: inout JSONCursor, _ text: Span<UInt8>, _ way: Way
    ) throws(JSONError) -> [UInt64] {
        var numbers: [Double] = []
        try cursor.enter(.array, in: text)
        while true {
            if way != .careful {
                let before = numbers.count
                let count = cursor.appendNumbers(upTo: 5, to: &numbers, in: text)
                guard numbers.count == before + count else { return [] }
            }
            guard try cursor.hasNext(.array, in: text) else { break }
            numbers.append(try cursor.number(in: text))
        }
        return numbers.map(\.bitPattern)
    }

    /// All ways agree on the row, whether it is alone, begins a long text or ends one.
    private func agree(_ row: String) -> Bool {
        let behind = "[0.1234567, -7, 0.12345678901234567]"
        let space = String(repeating: " ", count: 90)
        return [
            "[\(row)]", "[\(row)]\(space)", "[\(row), \(behind), \(behind), \(behind)]",
            "[\(behind),\(behind) ,\n\(row)]", "[\(behind), \(row), \(behind)]\(space)",
        ].allSatisfy { text in
            let bytes = Array(text.utf8)
            let careful = read(bytes, .careful)
            return read(bytes, .runs) == careful && read(bytes, .rows) == careful
        }
    }

    @Test(arguments: [
        "[]", "[ ]", "[1]", "[1,2]", "[1 , 2]", "[\n1,\t2\r, 3 ]", "[-0]", "[-0.0,0.0]", "[01]",
        "[1.]", "[.5]", "[1,]", "[,1]", "[1 2]", "[1,,2]", "[--1]", "[-]", "[+1]", "[1e5]",
        "[1E-5,2]", "[1.5e3,2]", "[1.5e]", "[1e+]", "[1e+05, 2e0, 0e0]", "[1e999]", "[1e-999]",
        "[1e0001]", "[-1.5E+1,1e1000]", "[9.9e308]", "[4e-324, 2.4703282292062327e-324]",
        "[0.1,0.12,0.123,0.1234,0.12345,0.123456,0.1234567,0.12345678]",
        "[0.123456789,1234567.12345678901,12345678.1,123456789.25,1234567890123456789]",
        "[12345678901234567890]", "[0.1234567890123456789]", "[0.12345678901234567890123]",
        "[123456789012345, 1234567890123456, 12345678901234567, 12345678, 1234567]",
        "[0.000000000000000000, 0.00000000000000001, 0.50000000000000000, 100000000.0]",
        "[1234567890123456.789, 123456789012345.6789, 123456789012345.67891]",
        "[9007199254740993,9007199254740992.5]", "[179769313486231570000]", "[null]", "[1,null]",
        "[1,\"2\"]", "[1,[2]]", "[1", "[1,", "[1.", "[-", "[1.2", "[00]", "[-01]", "[1.2.3]",
        "[1/2]", "[1:2]", "[0.1234567:]", "[0.12345678;]", "[1,2,3,4,5,6,7,8,9,10,11]", "[1e400]",
        "[1\u{B}]", "[\u{A0}1]", "[1,2,3", "[1,2,3]]", "[1,2,3,]", "[1,2,3}", "[ 1 , 2 , 3 ]", "3",
        "[[1,2,3]]", "{}", "[1,2,3],", "[1, 2, 3] [1, 2, 3]", "",
    ])
    func agreesWithTheCarefulReader(_ row: String) {
        #expect(agree(row))
    }

    /// As few digits as a number needs and as many as fit, with the point anywhere.
    private func randomNumber(_ generator: inout SystemRandomNumberGenerator) -> String {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
            let value = Double(bitPattern: generator.next())
            return value.isFinite ? "\(value)" : "0"
        case 1: return "\(Double.random(in: -1000...1000, using: &generator))"
        case 2: return "\(Float.random(in: -2...2, using: &generator))"
        default:
            let digits = String(generator.next() >> UInt64.random(in: 0..<64, using: &generator))
            let point = Int.random(in: 0...digits.count, using: &generator)
            return "\(digits.prefix(point)).\(digits.dropFirst(point))"
        }
    }

    @Test func agreesOnRandomNumbers() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<4000 {
            let numbers = (0..<3).map { _ in randomNumber(&generator) }
            let row = "[\(numbers.joined(separator: generator.next() & 1 == 0 ? ", " : ","))]"
            #expect(agree(row), "\(row)")
        }
    }

    /// Bytes changed, put in and taken out, and the text cut off.
    @Test func agreesOnMutatedTexts() {
        var generator = SystemRandomNumberGenerator()
        let bytes = Array("0123456789.-+eE,[] \n\t\r{}\"n\0\u{7F}".utf8) + [0x80, 0xFF]
        for _ in 0..<6000 {
            let rows = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                "[\((0..<3).map { _ in randomNumber(&generator) }.joined(separator: ", "))]"
            }
            var text = Array("[\(rows.joined(separator: ","))]".utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<text.count, using: &generator)
                let byte = bytes[Int.random(in: 0..<bytes.count, using: &generator)]
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: text[index] = byte
                case 1: text.insert(byte, at: index)
                case 2: if text.count > 1 { text.remove(at: index) }
                default: text.removeSubrange(max(1, index)...)
                }
            }
            let careful = read(text, .careful)
            let agrees = read(text, .runs) == careful && read(text, .rows) == careful
            #expect(agrees, "\(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test func agreesOnATextCutOffAnywhere() {
        let row = "[-0.635081827640533, 12.25, 3e-05]"
        let text = Array("[\(row), \(row), \(row), \(row), \(row)]".utf8)
        for count in 0...text.count {
            let cut = Array(text.prefix(count))
            let careful = read(cut, .careful)
            let agrees = read(cut, .runs) == careful && read(cut, .rows) == careful
            #expect(agrees, "\(count) bytes")
        }
    }

    /// Every byte value, wherever a digit could stand.
    @Test(arguments: UInt8.min...UInt8.max)
    func agreesOnEveryByte(_ byte: UInt8) {
        let space = [UInt8](repeating: 0x20, count: 90)
        for text in ["[[1.2345678901234567, 3, 5]]", "[[-12, 0.5,1e5],[1,2,3]]"] {
            for offset in 1..<text.utf8.count {
                var mutated = Array(text.utf8)
                mutated[offset] = byte
                for text in [mutated, mutated + space] {
                    let careful = read(text, .careful)
                    let agrees = read(text, .runs) == careful && read(text, .rows) == careful
                    #expect(agrees, "\(String(decoding: text, as: UTF8.self))")
                }
            }
        }
    }

    /// Up to 19 digits, 15 of them before the point, beside the standard library.
    @Test func readsTheNearestDouble() throws {
        var generator = SystemRandomNumberGenerator()
        let space = String(repeating: " ", count: 90)
        for digitCount in 1...19 {
            for _ in 0..<2000 {
                let limit = (0..<digitCount).reduce(UInt64(1)) { power, _ in power * 10 }
                let digits = String(UInt64.random(in: (limit / 10)..<limit, using: &generator))
                let point = Int.random(in: 1...min(15, digitCount), using: &generator)
                let number =
                    point < digits.count
                    ? "\(digits.prefix(point)).\(digits.dropFirst(point))" : "0.\(digits)"
                var cursor = JSONCursor()
                var numbers: [Double] = []
                let bytes = Array("[-\(number)]\(space)".utf8)
                let text = bytes.span
                try cursor.enter(.array, in: text)
                let count = cursor.appendNumbers(upTo: 1, to: &numbers, in: text)
                let expected = try #require(Double("-\(number)"))
                #expect(count == 1, "\(number)")
                #expect(numbers.first?.bitPattern == expected.bitPattern, "\(number)")
            }
        }
    }

    /// What a row's room is worth: numbers behind it are not touched.
    @Test func stopsAtTheLimit() throws {
        let bytes = Array("[1,2,3,4,5,6,7,8,9]\(String(repeating: " ", count: 90))".utf8)
        let text = bytes.span
        for limit in 0...9 {
            var cursor = JSONCursor()
            var numbers: [Double] = []
            try cursor.enter(.array, in: text)
            let count = cursor.appendNumbers(upTo: limit, to: &numbers, in: text)
            let hasNext = try cursor.hasNext(.array, in: text)
            #expect(count == limit)
            #expect(numbers == (0..<limit).map { Double($0 + 1) })
            #expect(hasNext == (limit < 9))
        }
    }
}
