// SPDX-License-Identifier: Apache-2.0
import Glibc
package import OpenSSL

/// Why the server cannot start.
package enum HTTPServerError: Error, Equatable, Sendable {
    case system(call: String, errno: Int32)
    /// Not `HOST:PORT` with a numeric IPv4 or bracketed IPv6 address.
    case malformedAddress(String)
    /// What was handed over is no listening stream socket.
    case inheritedSocket(_ reason: String)
    case tls(TLSError)
}

extension HTTPServerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .system(let call, let errno): "\(call): \(String(cString: strerror(errno)))"
        case .inheritedSocket(let reason): "inherited socket: \(reason)"
        case .tls(let error): error.description
        case .malformedAddress(let text):
            "'\(text)' is not an address like 127.0.0.1:8080 or [::]:8080"
        }
    }
}
