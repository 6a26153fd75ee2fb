// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// Why a server's identity cannot be used.
package enum TLSError: Error, Equatable, Sendable {
    /// No PEM certificate chain can be read from the file; libssl's own words.
    case certificate(path: String, reason: String)
    /// No PEM private key can be read from the file, or it is encrypted.
    case key(path: String, reason: String)
    case keyDoesNotMatch(certificate: String, key: String)
    case clientCA(path: String, reason: String)
    case expired(path: String)
    case outOfMemory

    /// The reason of the error that libssl met last, which is taken off its queue.
    static func lastReason() -> String {
        defer { ERR_clear_error() }
        let code = ERR_peek_last_error()
        guard code != 0, let text = ERR_reason_error_string(code) else { return "cannot be read" }
        return String(cString: text)
    }
}

extension TLSError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .certificate(let path, let reason): "certificate '\(path)': \(reason)"
        case .key(let path, let reason): "private key '\(path)': \(reason)"
        case .keyDoesNotMatch(let certificate, let key):
            "private key '\(key)' does not belong to certificate '\(certificate)'"
        case .clientCA(let path, let reason): "client CA '\(path)': \(reason)"
        case .expired(let path): "certificate '\(path)' has expired"
        case .outOfMemory: "libssl has no memory for a context"
        }
    }
}
