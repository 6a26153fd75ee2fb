// SPDX-License-Identifier: Apache-2.0
import OpenSSL

/// A SHA-256 digest, written `sha256:` and 64 hexadecimal digits.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(of bytes: [UInt8]) {
        description = "sha256:" + Self.hexadecimal(SHA256.digest(of: bytes))
    }

    /// The digest of a short text as four numbers, the first byte highest; without a heap
    /// allocation.
    package static func words(of text: Span<UInt8>) -> InlineArray<4, UInt64> {
        let bytes = SHA256.digest(of: text)
        var words = InlineArray<4, UInt64>(repeating: 0)
        for index in bytes.indices {
            words[index / 8] = words[index / 8] << 8 | UInt64(bytes[index])
        }
        return words
    }

    init(stored text: String) {
        description = text
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes {
            text += byte < 16 ? "0" : ""
            text += String(byte, radix: 16)
        }
        return text
    }
}
