// SPDX-License-Identifier: Apache-2.0
import Glibc
package import HTTP1
package import OpenSSL

/// Why a server's answer did not come.
package enum ExchangeError: Error, Equatable, Sendable {
    case unresolved(host: String, reason: String)
    case system(call: String, errno: Int32)
    case timedOut
    case tls(TLSError)
    /// The server's certificate is not one for this host by a trusted authority.
    case untrusted(reason: String)
    case brokenTLS(TLSFailure)
    case malformed(ReceivedResponseError)
}

extension ExchangeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unresolved(let host, let reason): "'\(host)' has no address: \(reason)"
        case .system(let call, let errno): "\(call): \(String(cString: strerror(errno)))"
        case .timedOut: "no answer in time"
        case .tls(let error): error.description
        case .untrusted(let reason): "the server's certificate is not trusted: \(reason)"
        case .brokenTLS(let failure):
            switch failure {
            case .alertReceived: "the server refused the TLS handshake"
            case .truncated: "the server hung up"
            default: "the server does not speak TLS as this client does"
            }
        case .malformed(let error): error.description
        }
    }
}
