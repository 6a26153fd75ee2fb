// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1): 32 bytes that tell nothing without the secret.
package enum HMACSHA256 {
    package static func code(of message: [UInt8], secret: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
            var length: UInt32 = 0
            let code = HMAC(
                EVP_sha256(), secret, Int32(clamping: secret.count), message, message.count,
                buffer.baseAddress, &length)
            precondition(
                code != nil && Int(length) == SHA256.byteCount, "libcrypto lacks HMAC-SHA-256")
            count = SHA256.byteCount
        }
    }
}
