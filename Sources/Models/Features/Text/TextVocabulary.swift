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
    /// Open addressing: term indices by hash, -1 where free; the count is a power of two.
    private let slots: [Int32]

    /// - Returns: `nil` unless the terms rise and each has a positive, finite weight.
    package init?(analyser: TextAnalyser, terms: [UInt64], inverseFrequencies: [Double]) {
        guard terms.count == inverseFrequencies.count, terms.count < 1 << 30,
            inverseFrequencies.allSatisfy({ $0.isFinite && $0 > 0 }),
            zip(terms, terms.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        self.analyser = analyser
        self.terms = terms
        self.inverseFrequencies = inverseFrequencies
        var slotCount = 4
        while slotCount < terms.count * 2 { slotCount *= 2 }
        var slots = [Int32](repeating: -1, count: slotCount)
        for (index, term) in terms.enumerated() {
            var slot = Int(truncatingIfNeeded: term) & (slotCount - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slotCount - 1) }
            slots[slot] = Int32(index)
        }
        self.slots = slots
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

    private func index(of term: UInt64) -> Int? {
        var slot = Int(truncatingIfNeeded: term) & (slots.count - 1)
        while case let index = Int(slots[slot]), index >= 0 {
            if terms[index] == term { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }
}
