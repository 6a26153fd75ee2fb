// SPDX-License-Identifier: Apache-2.0
import GRDB

extension FeedbackStore {
    /// Predictions whose labels have come, with them, oldest first.
    ///
    /// - Parameters:
    ///   - countMax: of those, the newest.
    ///   - newestCount: how many predictions are looked at.
    /// - Complexity: a look-up for each prediction, in one read.
    package func joinedLabels(
        countMax: Int, ofNewest newestCount: Int
    ) throws(FeedbackError) -> [JoinedLabel] {
        let moment = now()
        return try read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT prediction.*, label.text, label.number, label.value, label.observed_at,
                        label.slice, label.received_at, label.is_waiting
                    FROM prediction CROSS JOIN label
                    ON label.id = prediction.id AND label.is_waiting = 0
                    WHERE prediction.sequence > (SELECT max(sequence) FROM prediction) - ?
                        AND prediction.at >= ?
                    ORDER BY prediction.sequence DESC LIMIT ?
                    """,
                arguments: [
                    newestCount, Self.cutoff(moment, seconds: limits.retentionSeconds), countMax,
                ])
            var joined: [JoinedLabel] = []
            while let row = try rows.next() {
                let id = PredictionID(bytes: try Blob.bytes(row, "id"))
                let stored = try StoredLabel(row: row, id: id)
                joined.append(
                    join(
                        try LoggedPrediction(row: row), stored.label, receivedAt: stored.receivedAt)
                )
            }
            return joined.reversed()
        }
    }
}
