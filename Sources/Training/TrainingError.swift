// SPDX-License-Identifier: Apache-2.0

/// Why a model could not be trained. Every case names the file, and the line and column where the
/// fault has one.
package enum TrainingError: Error, Equatable, Sendable {
    /// The file cannot be opened or read; the system's words.
    case unreadable(file: String, reason: String)
    case data(DataFault)
    /// The solver stopped before its tolerance. `gap` is the relative distance to the optimum as
    /// the Newton decrement estimates it.
    case notConverged(iterations: Int, gap: Double)
    /// Something that the checks before should have made impossible.
    case inconsistent(String)
}

/// What is wrong with a data file, and where.
package struct DataFault: Error, Equatable, Sendable {
    package let file: String
    /// Counted from 1 in lines of the file, as an editor shows them.
    package let line: Int?
    package let column: String?
    package let reason: String

    package init(file: String, line: Int? = nil, column: String? = nil, reason: String) {
        self.file = file
        self.line = line
        self.column = column
        self.reason = reason
    }
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
        case .inconsistent(let what): "internal error: \(what)"
        }
    }
}
