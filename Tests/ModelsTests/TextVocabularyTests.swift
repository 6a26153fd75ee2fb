// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Models

struct TextVocabularyTests {
    private static func terms(
        _ unit: TextAnalyser.Unit, _ lengths: ClosedRange<Int>, _ text: String
    ) throws -> [UInt64] {
        let analyser = try #require(TextAnalyser(unit, lengths: lengths))
        let bytes = Array(text.utf8)
        var terms: [UInt64] = []
        analyser.appendTerms(of: bytes.span, to: &terms)
        return terms
    }

    /// Two texts with the same terms.
    @Test(arguments: [
        ("Free PRIZE!", "free... prize"), ("ÄRGER über", "ärger ÜBER"), ("a\tb\u{A0}c", "A b,c"),
        ("don't", "don t"), ("x_1 y", "X_1-y"), ("日本 語", "日本、語"), ("", "?! -"),
    ])
    func wordsAreRunsInLowerCase(_ left: String, _ right: String) throws {
        #expect(try Self.terms(.word, 1...2, left) == Self.terms(.word, 1...2, right))
    }

    @Test(arguments: [
        (TextAnalyser.Unit.word, 1...2, "a b c", 5), (.word, 2...3, "a b", 1),
        (.word, 1...1, "", 0),
        // " ab " has 3 pairs and 2 triples; " c " has 2 pairs and 1 triple.
        (.character, 2...3, "ab c", 8),
        // " c " is shorter than four letters: one term of it, and none twice.
        (.character, 4...5, "c", 1), (.character, 3...5, "c", 1),
    ])
    func cutsAllLengths(
        _ unit: TextAnalyser.Unit, _ lengths: ClosedRange<Int>, _ text: String, _ count: Int
    ) throws {
        #expect(try Self.terms(unit, lengths, text).count == count)
    }

    @Test func bytesThatAreNotUTF8AreReadAsReplacements() throws {
        let analyser = try #require(TextAnalyser(.character, lengths: 1...4))
        let text: [UInt8] = [0x61, 0xFF, 0xC3, 0x20, 0xE2, 0x82]
        var terms: [UInt64] = []
        analyser.appendTerms(of: text.span, to: &terms)
        #expect(!terms.isEmpty)
    }

    /// `(1 + ln 2) · 1` and `1 · 2`, scaled to unit length.
    @Test func weighsTerms() throws {
        let analyser = try #require(TextAnalyser(.word, lengths: 1...1))
        let (a, b) = (try Self.terms(.word, 1...1, "a")[0], try Self.terms(.word, 1...1, "b")[0])
        let weights = a < b ? [1.0, 2] : [2, 1]
        let vocabulary = try #require(
            TextVocabulary(
                analyser: analyser, terms: [a, b].sorted(), inverseFrequencies: weights))
        let text = Array("a unknown b A".utf8)
        var scratch = TextScratch()
        vocabulary.readVector(of: text.span, &scratch)
        let vector = scratch.vector
        let expected = [1 + 0.693_147_180_559_945_3, 2]
        let length = (expected[0] * expected[0] + 4).squareRoot()
        let values = a < b ? vector.map(\.value) : vector.map(\.value).reversed()
        #expect(vector.map(\.column) == [0, 1])
        #expect(abs(values[0] - expected[0] / length) < 1e-15)
        #expect(abs(values[1] - 2 / length) < 1e-15)
        let other = Array("nothing known".utf8)
        vocabulary.readVector(of: other.span, &scratch)
        #expect(scratch.vector.isEmpty)
    }

    /// What is not UTF-8 is read as the standard library reads it, a replacement for each part.
    @Test(arguments: [
        [0xE9], [0x61, 0xC3], [0xC3, 0x28, 0x62], [0xF0, 0x9F, 0x98], [0xED, 0xA0, 0x80, 0x63],
        [0xC3, 0x89, 0x20, 0xFF, 0xC4, 0xB0],
    ])
    func readsWhatIsNoText(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let analyser = try #require(TextAnalyser(.character, lengths: 1...2))
        var (terms, expected): ([UInt64], [UInt64]) = ([], [])
        analyser.appendTerms(of: bytes.span, to: &terms)
        let repaired = Array(text.utf8)
        analyser.appendTerms(of: repaired.span, to: &expected)
        #expect(terms == expected && !terms.isEmpty)
    }

    /// Many terms, each as often as it occurs, in the memory of the text before.
    @Test func countsTheTermsOfLongTexts() throws {
        let analyser = try #require(TextAnalyser(.word, lengths: 1...1))
        let words = (0..<300).map { "w\($0)" }
        var terms: [UInt64] = []
        for word in words { terms += try Self.terms(.word, 1...1, word) }
        let vocabulary = try #require(
            TextVocabulary(
                analyser: analyser, terms: terms.sorted(),
                inverseFrequencies: [Double](repeating: 1, count: 300)))
        var scratch = TextScratch()
        for _ in 0..<2 {
            let text = Array((words + words.reversed()).joined(separator: " ").utf8)
            vocabulary.readVector(of: text.span, &scratch)
            #expect(scratch.vector.map(\.column) == Array(0..<300))
            #expect(scratch.vector.allSatisfy { abs($0.value - 1 / 300.0.squareRoot()) < 1e-15 })
        }
    }

    @Test func refusesTermsThatDoNotRise() throws {
        let analyser = try #require(TextAnalyser(.word, lengths: 1...1))
        #expect(
            TextVocabulary(analyser: analyser, terms: [2, 1], inverseFrequencies: [1, 1]) == nil)
        #expect(
            TextVocabulary(analyser: analyser, terms: [1, 2], inverseFrequencies: [1, 0]) == nil)
        #expect(TextAnalyser(.word, lengths: 0...1) == nil)
    }
}
