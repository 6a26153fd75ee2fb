// SPDX-License-Identifier: Apache-2.0
import OpenSSL

/// SHA-256 of one short text after the other, in memory that is taken once: what a request brings
/// can be digested without an allocation.
package struct Digester: ~Copyable {
    private var hash = SHA256()
    private var block = InlineArray<32, UInt8>(repeating: 0)

    package init() {}

    /// The digest as four numbers, the first byte highest.
    package mutating func words(of text: Span<UInt8>) -> InlineArray<4, UInt64> {
        hash.update(text.bytes)
        hash.finish(into: &block)
        return InlineArray { word in
            var bits: UInt64 = 0
            for index in word * 8..<word * 8 + 8 { bits = bits << 8 | UInt64(block[index]) }
            return bits
        }
    }
}
