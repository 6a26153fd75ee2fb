// SPDX-License-Identifier: Apache-2.0

/// Where texts become vectors, reused from text to text so that memory is taken once.
package struct TextScratch: Sendable {
    var letters = NormalisedText()
    var terms: [UInt64] = []
    /// Of the vocabulary, as often as their terms occur.
    var columns: [Int32] = []
    /// What was found last: columns rising, each once.
    package internal(set) var vector: [(column: Int, value: Double)] = []

    package init() {}
}
