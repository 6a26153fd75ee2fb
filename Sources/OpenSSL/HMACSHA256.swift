// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1): a code that only who knows the key can make.
package enum HMACSHA256 {
    /// - Parameter key: of any length; from 32 bytes on nothing is gained.
    /// - Returns: 32 bytes.
    package static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        // Without a key libcrypto would take that of the call before. Keys are filled up with
        // zeros, so that one zero is the empty key.
        let key = key.isEmpty ? [0] : key
        return [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
            var length: UInt32 = 0
            let code = HMAC(
                EVP_sha256(), key, Int32(truncatingIfNeeded: key.count), message, message.count,
                buffer.baseAddress, &length)
            precondition(code != nil && length == SHA256.byteCount, "libcrypto lacks HMAC-SHA-256")
            count = SHA256.byteCount
        }
    }
}
