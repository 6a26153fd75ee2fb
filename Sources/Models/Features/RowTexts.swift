// SPDX-License-Identifier: Apache-2.0
import JSON

/// The texts of some rows. A row's slot for a text feature holds the text's number here.
package struct RowTexts: Equatable, Sendable {
    /// UTF-8, one text after the other.
    package private(set) var bytes: [UInt8] = []
    /// Text `i` ends before `ends[i]`.
    private var ends: [Int] = []

    package init() {}

    package var count: Int { ends.count }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// Appends a text.
    ///
    /// - Returns: what stands for it in a row.
    package mutating func append(_ text: String) -> Double {
        bytes += text.utf8
        return end()
    }

    mutating func append(_ string: JSONString, from text: Span<UInt8>) -> Double {
        string.append(to: &bytes, from: text)
        return end()
    }

    private mutating func end() -> Double {
        ends.append(bytes.count)
        return Double(ends.count - 1)
    }

    /// Where the text lies that a row's slot stands for; `nil` where it is missing.
    package func range(of slot: Double) -> Range<Int>? {
        guard slot >= 0, slot < Double(ends.count) else { return nil }
        let index = Int(slot)
        return (index == 0 ? 0 : ends[index - 1])..<ends[index]
    }
}
