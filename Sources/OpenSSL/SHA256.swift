// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// A SHA-256 digest (FIPS 180-4) in the making: any number of pieces, then 32 bytes.
///
/// libcrypto picks the instructions of the processor. That it cannot give SHA-256 at all is a
/// broken installation, which no caller could do anything about: a precondition.
package struct SHA256: ~Copyable {
    /// The length of a digest.
    package static let byteCount = 32

    private let context: OpaquePointer

    package init() {
        guard let context = EVP_MD_CTX_new() else {
            preconditionFailure("libcrypto has no memory for a digest")
        }
        precondition(
            EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto lacks SHA-256")
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: RawSpan) {
        let result = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        precondition(result == 1, "libcrypto lost a digest that was in the making")
    }

    package mutating func update(_ bytes: [UInt8]) {
        update(bytes.span.bytes)
    }

    /// The digest of everything so far.
    package consuming func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            precondition(
                EVP_DigestFinal_ex(context, buffer.baseAddress, nil) == 1,
                "libcrypto lost a digest that was in the making")
            count = Self.byteCount
        }
    }

    package static func digest(of bytes: [UInt8]) -> [UInt8] {
        var digest = SHA256()
        digest.update(bytes)
        return digest.finish()
    }

    /// The digest of a short text, without a heap allocation.
    package static func digest(of text: Span<UInt8>) -> InlineArray<32, UInt8> {
        var digest = InlineArray<32, UInt8>(repeating: 0)
        var span = digest.mutableSpan
        span.withUnsafeMutableBufferPointer { digest in
            text.withUnsafeBufferPointer {
                martlet_sha256($0.baseAddress, $0.count, digest.baseAddress)
            }
        }
        return digest
    }
}
