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

    var labels: Labels {
        switch self {
        case .succeeded(let version, let isResumed):
            ["version": version.rawValue, "result": isResumed ? "resumed" : "full"]
        case .failed(let failure): ["version": "", "result": failure.rawValue]
        case .late: ["version": "", "result": "timeout"]
        }
    }
}
