// SPDX-License-Identifier: Apache-2.0
import GRDB

extension FeedbackStore {
    private static let insertion = """
        INSERT INTO prediction (id, at, model, version, arm, pepper_id, key_code, key_hash,
            is_sticky, rollout, output, other, other_version, features, share)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """

    /// Keeps predictions, all or none; one that has just come already, as when a call that failed
    /// is made again, changes nothing. The oldest make room. Batches are fast, single rows are
    /// not: each call is a transaction.
    ///
    /// - Returns: those whose label had come early, joined with it.
    package func append(
        _ predictions: [LoggedPrediction]
    ) throws(FeedbackError) -> [JoinedLabel] {
        guard !predictions.isEmpty else { return [] }
        do throws(FeedbackError) {
            return try write { try insert(predictions, $0) }
        } catch .diskFull {
            // The file may be as large as its limit lets it be: then what was freed is room.
            try write { try dropOldestTenth($0) }
            return try write { try insert(predictions, $0) }
        }
    }

    private func insert(
        _ predictions: [LoggedPrediction], _ database: Database
    ) throws -> [JoinedLabel] {
        let moment = now()
        let pepper = try Pepper.newest(database, orMakeAt: moment)
        let hasEarlyLabels =
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM label WHERE is_waiting = 1)") == true
        var joined: [JoinedLabel] = []
        let statement = try database.cachedStatement(sql: Self.insertion)
        for prediction in predictions {
            guard let id = PredictionID(prediction.id) else {
                throw FeedbackError.invalidIdentifier(prediction.id)
            }
            try statement.execute(arguments: arguments(of: prediction, id, pepper))
            guard hasEarlyLabels, database.changesCount == 1 else { continue }
            if let label = try takeEarlyLabel(of: prediction, id, moment, database) {
                joined.append(label)
            }
        }
        // Sequences have gaps only where somebody was erased, so this bounds the rows.
        try database.execute(
            sql: """
                DELETE FROM prediction
                WHERE sequence <= (SELECT max(sequence) FROM prediction) - ?
                """,
            arguments: [limits.rowCountMax])
        return joined
    }

    private func arguments(
        of prediction: LoggedPrediction, _ id: PredictionID, _ pepper: Pepper
    ) -> StatementArguments {
        let features = prediction.features.flatMap {
            $0.utf8.count <= limits.featureBytesMax ? $0 : nil
        }
        return [
            Blob.value(id.bytes), prediction.at, prediction.model, prediction.version,
            prediction.arm, pepper.id, prediction.key.map { Blob.value(pepper.code(of: $0)) },
            Int64(bitPattern: prediction.keyHash), prediction.isSticky, prediction.rollout,
            Blob.value(prediction.output.bytes), prediction.other.map { Blob.value($0.bytes) },
            prediction.otherVersion, features, prediction.share,
        ]
    }

    /// A label that has waited past its time is deleted instead.
    private func takeEarlyLabel(
        of prediction: LoggedPrediction, _ id: PredictionID, _ moment: Int64, _ database: Database
    ) throws -> JoinedLabel? {
        let blob = Blob.value(id.bytes)
        let row = try Row.fetchOne(
            database, sql: "SELECT * FROM label WHERE id = ? AND is_waiting = 1", arguments: [blob])
        guard let row else { return nil }
        let stored = try StoredLabel(row: row, id: id)
        guard stored.receivedAt >= Self.cutoff(moment, seconds: limits.earlyLabelSeconds) else {
            try database.execute(sql: "DELETE FROM label WHERE id = ?", arguments: [blob])
            return nil
        }
        try database.execute(
            sql: "UPDATE label SET is_waiting = 0 WHERE id = ?", arguments: [blob])
        return join(prediction, stored.label, receivedAt: stored.receivedAt)
    }

    func join(
        _ prediction: LoggedPrediction, _ label: Label, receivedAt: Int64
    ) -> JoinedLabel {
        let (delay, isOverflow) = (label.observedAt ?? receivedAt)
            .subtractingReportingOverflow(prediction.at)
        let lateFrom = Self.cutoff(receivedAt, seconds: limits.lateSeconds)
        return JoinedLabel(
            prediction: prediction.withoutKey, label: label,
            isLate: prediction.at < lateFrom, delayMilliseconds: isOverflow ? 0 : max(0, delay))
    }

    private func dropOldestTenth(_ database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM prediction WHERE sequence <= (
                    SELECT min(sequence) + (max(sequence) - min(sequence)) / 10 FROM prediction)
                """)
    }
}
