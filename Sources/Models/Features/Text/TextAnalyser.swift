// SPDX-License-Identifier: Apache-2.0

/// Cuts a text into n-grams, each told by a hash of 64 bits.
///
/// The text is lowercased. A word is a run of letters, digits, marks and underscores; a chunk is
/// what stands between white space, with a space put on either side. N-grams of words cross
/// punctuation; n-grams of characters stay within a chunk, as scikit-learn's `char_wb` does. Terms
/// are hashes so that an artifact and a server need no table of strings; that two of a million
/// terms collide has a probability of 3e-8.
package struct TextAnalyser: Equatable, Sendable {
    package enum Unit: String, Sendable {
        case word
        case character = "char_wb"
    }

    package let unit: Unit
    /// How many units a term has: scikit-learn's `ngram_range`.
    package let lengths: ClosedRange<Int>

    /// - Returns: `nil` unless terms have 1 to 16 units.
    package init?(_ unit: Unit, lengths: ClosedRange<Int>) {
        guard lengths.lowerBound >= 1, lengths.upperBound <= 16 else { return nil }
        self.unit = unit
        self.lengths = lengths
    }

    /// Appends the hash of each n-gram, in order, as often as it occurs.
    ///
    /// - Parameter text: UTF-8; what is not, is read as U+FFFD.
    package func appendTerms(of text: Span<UInt8>, to terms: inout [UInt64]) {
        var letters = NormalisedText()
        appendTerms(of: text, &letters, to: &terms)
    }

    /// The same, in the memory of another text.
    func appendTerms(
        of text: Span<UInt8>, _ letters: inout NormalisedText, to terms: inout [UInt64]
    ) {
        letters.read(text)
        switch unit {
        case .word:
            appendTerms(of: letters.words, in: letters, separator: 0x20, to: &terms)
        case .character:
            for chunk in letters.chunks {
                appendTerms(of: chunk, in: letters, to: &terms)
            }
        }
    }

    private func appendTerms(
        of words: [Range<Int>], in letters: NormalisedText, separator: UInt32,
        to terms: inout [UInt64]
    ) {
        for first in words.indices {
            var hash = TermHash()
            for length in 1...lengths.upperBound {
                guard first + length <= words.count else { break }
                if length > 1 { hash.combine(separator) }
                for index in words[first + length - 1] { hash.combine(letters.scalars[index]) }
                if length >= lengths.lowerBound { terms.append(hash.value) }
            }
        }
    }

    /// N-grams of one chunk between spaces; a chunk shorter than an n-gram is a term of its own.
    private func appendTerms(
        of chunk: Range<Int>, in letters: NormalisedText, to terms: inout [UInt64]
    ) {
        let count = chunk.count + 2
        func scalar(_ index: Int) -> UInt32 {
            index == 0 || index == count - 1
                ? 0x20 : letters.scalars[chunk.lowerBound + index - 1]
        }
        for length in lengths {
            for first in 0...max(0, count - length) {
                var hash = TermHash()
                for index in first..<min(first + length, count) { hash.combine(scalar(index)) }
                terms.append(hash.value)
            }
            if length >= count { break }
        }
    }
}

/// FNV-1a over code points, its bits then mixed as in MurmurHash3.
private struct TermHash {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func combine(_ scalar: UInt32) {
        state = (state ^ UInt64(scalar)) &* 0x100_0000_01B3
    }

    var value: UInt64 {
        var hash = state
        hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ hash >> 33
    }
}
