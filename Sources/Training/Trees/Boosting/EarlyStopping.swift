// SPDX-License-Identifier: Apache-2.0

/// Watches a loss and tells when it has stopped falling.
struct EarlyStopping {
    let rounds: Int
    private(set) var best: (iteration: Int, loss: Double)?

    init(rounds: Int) {
        self.rounds = rounds
    }

    /// Notes the loss after an iteration, counted from 1; returns whether it is time to stop.
    mutating func stops(after iteration: Int, loss: Double) -> Bool {
        guard let best, !(loss < best.loss) else {
            self.best = (iteration, loss)
            return false
        }
        return iteration - best.iteration >= rounds
    }
}
