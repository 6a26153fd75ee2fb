// SPDX-License-Identifier: Apache-2.0

/// The lines of a LightGBM model file, one after the other.
struct LightGBMLines {
    let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) {
        self.text = text
    }

    /// The next line that is not empty, without its end; `nil` behind the last.
    mutating func next() -> Range<Int>? {
        while position < text.count {
            let start = position
            while position < text.count, text[position] != 0x0A { position += 1 }
            var end = position
            position += 1
            if end > start, text[end - 1] == 0x0D { end -= 1 }
            if end > start { return start..<end }
        }
        return nil
    }

    func line(_ line: Range<Int>, is word: String) -> Bool {
        text[line].elementsEqual(word.utf8)
    }

    func line(_ line: Range<Int>, startsWith prefix: String) -> Bool {
        text[line].starts(with: prefix.utf8)
    }

    func string(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
}
