// SPDX-License-Identifier: Apache-2.0

/// Why a model could not be trained. Every case names the file, and the line and column where the
/// fault has one.
package enum TrainingError: Error, Equatable, Sendable {
    /// The file cannot be opened or read; the system's words.
    case unreadable(file: String, reason: String)
    case data(InputFault)
    /// With these data and settings the solver stopped before its tolerance. `gap` is the relative
    /// distance to the optimum as the Newton decrement estimates it.
    case notConverged(iterations: Int, gap: Double)
    /// Whoever watched the learning has ended it.
    case interrupted
    /// The settings and the data do not go together.
    case unsuitable(String)
    /// Something that the checks before should have made impossible.
    case inconsistent(String)
}

extension TrainingError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file): \(reason)"
        case .data(let fault):
            [
                fault.file, fault.line.map { "line \($0)" }, fault.column.map { "column '\($0)'" },
            ].compactMap(\.self).joined(separator: ", ") + ": " + fault.reason
        case .notConverged(let iterations, let gap):
            "the solver did not converge in \(iterations) iterations (relative gap \(gap)); "
                + "a stronger penalty (smaller --C, larger --alpha) helps"
        case .interrupted: "learning was interrupted"
        case .unsuitable(let reason): reason
        case .inconsistent(let what): "internal error: \(what)"
        }
    }
}
