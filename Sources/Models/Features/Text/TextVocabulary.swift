// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The terms of one analyser that training kept, with the weight of each.
///
/// A text becomes a sparse vector: for each known term `(1 + ln(count)) · idf`, scaled to unit
/// length (scikit-learn's `TfidfVectorizer` with `sublinear_tf`), where
/// `idf = ln((1 + texts) / (1 + texts with the term)) + 1`.
package struct TextVocabulary: Equatable, Sendable {
    package let analyser: TextAnalyser
    /// Strictly rising; a term's index here is its column.
    package let terms: [UInt64]
    package let inverseFrequencies: [Double]
    /// The terms whose high bits are `b` begin at `starts[b]` and end at `starts[b + 1]`. Terms of
    /// texts are hashes, about one in two of these; chosen ones may all have the same high bits,
    /// and then cost the steps of a binary search.
    private let starts: [Int32]
    /// By how much a term's high bits are shifted down.
    private let shift: UInt64

    /// - Returns: `nil` unless the terms rise and each has a positive, finite weight.
    package init?(analyser: TextAnalyser, terms: [UInt64], inverseFrequencies: [Double]) {
        guard terms.count == inverseFrequencies.count, terms.count < 1 << 30,
            inverseFrequencies.allSatisfy({ $0.isFinite && $0 > 0 }),
            zip(terms, terms.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        self.analyser = analyser
        self.terms = terms
        self.inverseFrequencies = inverseFrequencies
        var bits: UInt64 = 2
        while 1 << bits < terms.count * 2 { bits += 1 }
        shift = 64 - bits
        var starts = [Int32](repeating: Int32(terms.count), count: 1 << bits + 1)
        // Downwards, so that a start ends as the least of its terms'; then those without terms get
        // the start behind them.
        for (index, term) in terms.enumerated().reversed() {
            starts[Int(term >> shift)] = Int32(index)
        }
        for bucket in (0..<starts.count - 1).reversed() {
            starts[bucket] = min(starts[bucket], starts[bucket + 1])
        }
        self.starts = starts
    }

    package var count: Int { terms.count }

    /// Finds the text's vector, `scratch.vector`.
    package func readVector(of text: Span<UInt8>, _ scratch: inout TextScratch) {
        scratch.terms.removeAll(keepingCapacity: true)
        scratch.columns.removeAll(keepingCapacity: true)
        scratch.vector.removeAll(keepingCapacity: true)
        analyser.appendTerms(of: text, &scratch.letters, to: &scratch.terms)
        for term in scratch.terms {
            if let column = index(of: term) { scratch.columns.append(Int32(column)) }
        }
        scratch.columns.heapsort()
        var squares = 0.0
        var start = 0
        while start < scratch.columns.count {
            let column = scratch.columns[start]
            var end = start + 1
            while end < scratch.columns.count, scratch.columns[end] == column { end += 1 }
            let frequency = 1 + log(Double(end - start))
            let value = frequency * inverseFrequencies[Int(column)]
            scratch.vector.append((Int(column), value))
            squares += value * value
            start = end
        }
        let length = squares.squareRoot()
        for index in scratch.vector.indices { scratch.vector[index].value /= length }
    }

    /// - Complexity: O(1) for hashes, O(log terms) whatever they are.
    func index(of term: UInt64) -> Int? {
        let bucket = Int(term >> shift)
        var low = Int(starts[bucket])
        let end = Int(starts[bucket + 1])
        var high = end
        while low < high {
            let middle = (low + high) / 2
            if terms[middle] < term { low = middle + 1 } else { high = middle }
        }
        return low < end && terms[low] == term ? low : nil
    }
}
