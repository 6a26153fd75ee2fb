// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

/// The fast way through an array of numbers against the careful one.
struct NumberRunTests {
    /// Reads all elements, by runs where `isFast`; `nil` for what is not JSON.
    private func read(_ text: String, isFast: Bool) -> [UInt64]? {
        let bytes = Array(text.utf8)
        let span = bytes.span
        var cursor = JSONCursor()
        var numbers: [Double] = []
        do throws(JSONError) {
            try cursor.enter(.array, in: span)
            while true {
                if isFast { _ = cursor.appendNumbers(upTo: 5, to: &numbers, in: span) }
                guard try cursor.hasNext(.array, in: span) else { break }
                numbers.append(try cursor.number(in: span))
            }
            try cursor.finish(in: span)
        } catch {
            return nil
        }
        return numbers.map(\.bitPattern)
    }

    @Test(arguments: [
        "[]", "[ ]", "[1]", "[1,2]", "[1 , 2]", "[\n1,\t2\r, 3 ]", "[-0]", "[-0.0,0.0]", "[01]",
        "[1.]",
        "[.5]", "[1,]", "[,1]", "[1 2]", "[1,,2]", "[--1]", "[-]", "[+1]", "[1e5]", "[1E-5,2]",
        "[1.5e3,2]", "[1.5e]", "[0.1,0.12,0.123,0.1234,0.12345,0.123456,0.1234567,0.12345678]",
        "[0.123456789,1234567.12345678901,12345678.1,123456789.25,1234567890123456789]",
        "[12345678901234567890]", "[0.1234567890123456789]", "[0.12345678901234567890123]",
        "[9007199254740993,9007199254740992.5]", "[179769313486231570000]", "[null]", "[1,null]",
        "[1,\"2\"]", "[1,[2]]", "[1", "[1,", "[1.", "[-", "[1.2", "[00]", "[-01]", "[1.2.3]",
        "[1/2]",
        "[1:2]", "[0.1234567:]", "[0.12345678;]", "[1,2,3,4,5,6,7,8,9,10,11]", "[1e400]",
        "[1\u{B}]", "[\u{A0}1]",
    ])
    func agreesWithTheCarefulReader(_ text: String) {
        #expect(read(text, isFast: true) == read(text, isFast: false))
    }

    @Test func agreesOnRandomNumbers() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            let near = Double.random(in: -1000...1000, using: &generator)
            let digits = String(generator.next() >> Int.random(in: 0..<64, using: &generator))
            let point = Int.random(in: 0...digits.count, using: &generator)
            let text = "[\(value),\(near), \(digits.prefix(point)).\(digits.dropFirst(point))]"
            #expect(read(text, isFast: true) == read(text, isFast: false), "\(text)")
        }
    }

    /// Every byte value, wherever a digit could stand.
    @Test(arguments: UInt8.min...UInt8.max)
    func agreesOnEveryByte(_ byte: UInt8) {
        let scalar = Character(Unicode.Scalar(byte))
        for text in ["[1.2345678901234567, 3]", "[-12, 0.5]"] {
            for offset in text.indices.dropFirst() {
                var mutated = text
                mutated.replaceSubrange(offset...offset, with: String(scalar))
                #expect(read(mutated, isFast: true) == read(mutated, isFast: false), "\(mutated)")
            }
        }
    }
}
