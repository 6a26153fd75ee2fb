// SPDX-License-Identifier: Apache-2.0

/// Makes identifiers without a lock, an allocation or a system call: one source for each loop.
///
/// Nobody can compute one from others: whoever knows a prediction's identifier may label it, so the
/// caller of one prediction must not be able to name those of others. They are the keystream of
/// ChaCha, about fifteen nanoseconds each, under a key that the system's generator gives each
/// source. Eight rounds are what J.-P. Aumasson recommends ("Too much crypto", 2019).
package struct IdentifierSource: Sendable {
    private static let wordCount = 16

    private var stream: ChaCha
    private var words = ChaCha.Block(repeating: 0)
    private var position = wordCount

    package init() {
        var random = SystemRandomNumberGenerator()
        var key = SIMD8<UInt32>()
        for index in key.indices { key[index] = random.next() }
        self.init(key: key)
    }

    init(key: SIMD8<UInt32>) {
        stream = ChaCha(key: key, rounds: 8)
    }

    package mutating func next() -> Identifier {
        if position == Self.wordCount {
            words = stream.next()
            position = 0
        }
        // By a span: an inline array's own subscript copies all of it.
        let words = words.span
        let start = position
        position += 4
        // A trace id must not be all zero (W3C Trace Context section 3.2.2.3).
        return Identifier(
            high: UInt64(words[start + 1]) << 32 | UInt64(words[start]) | 1,
            low: UInt64(words[start + 3]) << 32 | UInt64(words[start + 2]))
    }
}
