// SPDX-License-Identifier: Apache-2.0

/// How margins are computed: a closed set, switched once for each request.
package enum ModelKind: Equatable, Sendable {
    case linear(LinearModel)

    package var name: String {
        switch self {
        case .linear: "linear"
        }
    }

    var marginCount: Int {
        switch self {
        case .linear(let model): model.outputCount
        }
    }
}
