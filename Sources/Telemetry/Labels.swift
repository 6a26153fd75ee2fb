// SPDX-License-Identifier: Apache-2.0

/// The label names and values of one series, in the order they are written.
package struct Labels: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package let pairs: [Pair]

    package struct Pair: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    package init(dictionaryLiteral elements: (String, String)...) {
        pairs = elements.map { Pair(name: $0.0, value: $0.1) }
    }

    /// `name="value",…` with backslash, quote and line feed escaped.
    var text: String {
        pairs.map { pair in
            let value = pair.value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(pair.name)=\"\(value)\""
        }.joined(separator: ",")
    }
}
