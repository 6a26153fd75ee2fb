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
        let vector = vocabulary.vector(of: text.span)
        let expected = [1 + 0.693_147_180_559_945_3, 2]
        let length = (expected[0] * expected[0] + 4).squareRoot()
        let values = a < b ? vector.map(\.value) : vector.map(\.value).reversed()
        #expect(vector.map(\.column) == [0, 1])
        #expect(abs(values[0] - expected[0] / length) < 1e-15)
        #expect(abs(values[1] - 2 / length) < 1e-15)
        let other = Array("nothing known".utf8)
        let empty = vocabulary.vector(of: other.span)
        #expect(empty.isEmpty)
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
