// SPDX-License-Identifier: Apache-2.0
import GRDB

extension FeedbackStore {
    /// How many rows one transaction deletes, so that others are not kept waiting.
    private static let sweepStep = 5000

    /// Deletes what is older than is kept, early labels whose time is over and rows beyond the
    /// limit, oldest first; changes the pepper when its time has come.
    ///
    /// - Returns: how many predictions and early labels went.
    @discardableResult
    package func sweep() throws(FeedbackError) -> Int {
        let moment = now()
        let steps: [(sql: String, arguments: StatementArguments)] = [
            (
                """
                DELETE FROM prediction WHERE sequence IN (
                    SELECT sequence FROM prediction WHERE at < ? ORDER BY at LIMIT ?)
                """,
                [Self.cutoff(moment, seconds: limits.retentionSeconds), Self.sweepStep]
            ),
            (
                """
                DELETE FROM prediction WHERE sequence IN (
                    SELECT sequence FROM prediction
                    WHERE sequence <= (SELECT max(sequence) FROM prediction) - ?
                    ORDER BY sequence LIMIT ?)
                """, [limits.rowCountMax, Self.sweepStep]
            ),
            (
                """
                DELETE FROM label WHERE id IN (
                    SELECT id FROM label WHERE is_waiting = 1 AND received_at < ?
                    ORDER BY received_at LIMIT ?)
                """,
                [Self.cutoff(moment, seconds: limits.earlyLabelSeconds), Self.sweepStep]
            ),
        ]
        var total = 0
        for (sql, arguments) in steps {
            var count = Self.sweepStep
            while count >= Self.sweepStep {
                count = try write { database in
                    try database.execute(sql: sql, arguments: arguments)
                    return database.changesCount
                }
                total += count
            }
        }
        try write { try sweepPeppers($0, moment) }
        return total
    }

    private func sweepPeppers(_ database: Database, _ moment: Int64) throws {
        let due = Self.cutoff(moment, seconds: limits.pepperSeconds)
        if try Pepper.isDue(database, before: due) { try Pepper.make(database, at: moment) }
        try Pepper.delete(
            database,
            replacedBefore: Self.cutoff(moment, seconds: limits.retentionSeconds))
    }
}
