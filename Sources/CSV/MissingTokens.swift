// SPDX-License-Identifier: Apache-2.0

/// The texts that stand for a missing value. Blanks around them do not count, and a field of blanks
/// is missing.
package struct MissingTokens: Equatable, Sendable {
    package static let standard = ["NA", "N/A", "NaN", "nan", "null", "NULL", "?"]

    private let tokens: [[UInt8]]
    private let byteCountMax: Int
    /// By first byte, to pass over most fields at once.
    private let mayStart: [Bool]

    /// - Parameter others: tokens beside the standard ones.
    package init(others: [String] = []) {
        self.init(only: Self.standard + others)
    }

    /// These tokens and what is blank.
    package init(only texts: [String]) {
        tokens = texts.map { Array($0.trimmingBlanks.utf8) }
        byteCountMax = tokens.map(\.count).max() ?? 0
        var mayStart = [Bool](repeating: false, count: 256)
        for token in tokens { if let first = token.first { mayStart[Int(first)] = true } }
        self.mayStart = mayStart
    }

    package func contains(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        if range.isEmpty { return true }
        let first = text[range.lowerBound]
        guard mayStart[Int(first)] || first == 0x20 || first == 0x09 else { return false }
        let trimmed = text.trimmingBlanks(range)
        guard trimmed.count <= byteCountMax else { return false }
        return trimmed.isEmpty
            || tokens.contains { token in
                token.count == trimmed.count
                    && token.indices.allSatisfy { token[$0] == text[trimmed.lowerBound + $0] }
            }
    }
}
