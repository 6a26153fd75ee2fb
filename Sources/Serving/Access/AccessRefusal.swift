// SPDX-License-Identifier: Apache-2.0

/// Why somebody may not do what they ask for; the names are labels of metrics.
enum AccessRefusal: Error, Equatable, Sendable {
    /// No token came, and no certificate that says who it is.
    case missing
    /// `Authorization: Bearer` and something that is no token (RFC 6750 section 2.1).
    case malformed
    /// A token or a certificate that the tokens file does not name.
    case unknown
    /// It is over with what the caller shows.
    case expired(name: String)
    /// The caller is known, or nobody could be, and that is too little.
    case insufficient(Caller)

    /// The names of all cases, in the order of `index`.
    static let names = ["missing", "malformed", "unknown", "expired", "insufficient"]

    var name: String { Self.names[index] }

    var index: Int {
        switch self {
        case .missing: 0
        case .malformed: 1
        case .unknown: 2
        case .expired: 3
        case .insufficient: 4
        }
    }

    /// Who it was, where that is known.
    var callerName: String? {
        switch self {
        case .missing, .malformed, .unknown: nil
        case .expired(let name): name
        case .insufficient(let caller): caller.name
        }
    }
}
