// SPDX-License-Identifier: Apache-2.0

/// What the OpenSSL that is loaded, which may be older than the one built with, does not get right.
package enum LibrarySafety {
    /// Whether `SSL_free_buffers` leaves nothing in use freed (CVE-2024-4741): from 3.0.14, 3.1.6,
    /// 3.2.2 and 3.3.1 on.
    ///
    /// - Parameter version: as `OPENSSL_VERSION_NUMBER`, 0xMNN00PP0.
    package static func freesBuffers(_ version: UInt) -> Bool {
        let patch = version >> 4 & 0xFF
        return switch version >> 20 & 0xFFF {
        case 0x300: patch >= 14
        case 0x301: patch >= 6
        case 0x302: patch >= 2
        case 0x303: patch >= 1
        case let branch: branch > 0x303
        }
    }
}
