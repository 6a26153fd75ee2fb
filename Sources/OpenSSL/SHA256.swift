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

    /// Writes the digest of everything so far, and begins anew in the memory that there is: nothing
    /// is allocated.
    package mutating func finish(into digest: inout InlineArray<32, UInt8>) {
        var span = digest.mutableSpan
        let result = span.withUnsafeMutableBufferPointer {
            EVP_DigestFinal_ex(context, $0.baseAddress, nil)
        }
        precondition(
            result == 1 && EVP_DigestInit_ex(context, nil, nil) == 1,
            "libcrypto lost a digest that was in the making")
    }

    package static func digest(of bytes: [UInt8]) -> [UInt8] {
        var digest = SHA256()
        digest.update(bytes)
        return digest.finish()
    }
}
