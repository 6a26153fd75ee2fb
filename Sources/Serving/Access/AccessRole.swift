// SPDX-License-Identifier: Apache-2.0

/// What somebody may do; the raw values stand in the tokens file, in problems and in metrics.
package enum AccessRole: String, CaseIterable, Sendable {
    /// Reads what is served, how it fares and what is measured.
    case viewer
    /// Asks for predictions and tells what became of them.
    case predictor
    /// Both of these, and moves traffic between versions: rollouts, and the choice of a version for
    /// one request.
    case `operator`
    /// Everything.
    case admin

    /// Whether this role is enough where `required` is asked for.
    package func includes(_ required: AccessRole) -> Bool {
        switch self {
        case .viewer: required == .viewer
        case .predictor: required == .predictor
        case .operator: required != .admin
        case .admin: true
        }
    }

    /// The role's place in `allCases`, for dense tables.
    var index: Int {
        switch self {
        case .viewer: 0
        case .predictor: 1
        case .operator: 2
        case .admin: 3
        }
    }
}
