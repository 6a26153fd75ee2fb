// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Telemetry

/// How a TLS handshake ended, as its metric tells.
enum TLSHandshakeResult: Hashable {
    case succeeded(TLSVersion, isResumed: Bool)
    case failed(TLSFailure)
    /// It was not done when its deadline passed.
    case late

    static let all: [Self] =
        TLSVersion.allCases.flatMap { version in
            [false, true].map { .succeeded(version, isResumed: $0) }
        } + TLSFailure.allCases.map { .failed($0) } + [.late]

    /// The value of the label `result`.
    var name: String {
        switch self {
        case .succeeded(_, let isResumed): isResumed ? "resumed" : "full"
        case .failed(let failure): failure.rawValue
        case .late: "timeout"
        }
    }

    var labels: Labels {
        let version = if case .succeeded(let version, _) = self { version.rawValue } else { "" }
        return ["version": version, "result": name]
    }
}
