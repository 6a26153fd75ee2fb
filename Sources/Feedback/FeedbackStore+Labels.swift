// SPDX-License-Identifier: Apache-2.0
import GRDB

extension FeedbackStore {
    /// Takes labels, in one transaction; submitting the same again changes nothing.
    package func submit(_ labels: [Label]) throws(FeedbackError) -> FeedbackReceipt {
        guard !labels.isEmpty else { return FeedbackReceipt() }
        return try write { database in
            let moment = now()
            var receipt = FeedbackReceipt()
            var waitingCount =
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM label WHERE is_waiting = 1") ?? 0
            for label in labels {
                guard let id = PredictionID(label.predictionID), isStorable(label) else {
                    receipt.refused += 1
                    continue
                }
                if let stored = try storedLabel(id, moment, database) {
                    if stored.label == label.label && stored.value == label.value {
                        receipt.duplicates += 1
                    } else {
                        receipt.conflictingIDs.append(id.text)
                    }
                    continue
                }
                let row = try Row.fetchOne(
                    database, cached: Self.lookup, id: id)
                if let row {
                    try accept(label, id, LoggedPrediction(row: row), moment, &receipt, database)
                } else if waitingCount >= limits.earlyLabelCountMax {
                    receipt.refused += 1
                } else {
                    try insert(label, id, moment, isWaiting: true, database)
                    waitingCount += 1
                    receipt.waiting += 1
                    receipt.accepted += 1
                }
            }
            return receipt
        }
    }

    private func accept(
        _ label: Label, _ id: PredictionID, _ prediction: LoggedPrediction, _ moment: Int64,
        _ receipt: inout FeedbackReceipt, _ database: Database
    ) throws {
        guard prediction.at >= Self.cutoff(moment, seconds: limits.retentionSeconds) else {
            receipt.expired += 1
            return
        }
        try insert(label, id, moment, isWaiting: false, database)
        receipt.accepted += 1
        receipt.joined.append(join(prediction, label, receivedAt: moment))
    }

    /// SQLite would keep NULL for what is no number.
    private func isStorable(_ label: Label) -> Bool {
        guard label.value?.isFinite != false, (label.slice?.utf8.count ?? 0) <= limits.labelBytesMax
        else { return false }
        return switch label.label {
        case .text(let text): text.utf8.count <= limits.labelBytesMax
        case .number(let number): number.isFinite
        }
    }

    /// The label that counts; one that has waited past its time is deleted.
    private func storedLabel(
        _ id: PredictionID, _ moment: Int64, _ database: Database
    ) throws -> Label? {
        let row = try Row.fetchOne(database, cached: "SELECT * FROM label WHERE id = ?", id: id)
        guard let row else { return nil }
        let stored = try StoredLabel(row: row, id: id)
        let earliest = Self.cutoff(moment, seconds: limits.earlyLabelSeconds)
        guard stored.isWaiting, stored.receivedAt < earliest else { return stored.label }
        try database.execute(
            sql: "DELETE FROM label WHERE id = ?", arguments: [Blob.value(id.bytes)])
        return nil
    }

    private func insert(
        _ label: Label, _ id: PredictionID, _ moment: Int64, isWaiting: Bool, _ database: Database
    ) throws {
        var text: String?
        var number: Double?
        switch label.label {
        case .text(let value): text = value
        case .number(let value): number = value
        }
        try database.cachedStatement(sql: "INSERT INTO label VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            .execute(arguments: [
                Blob.value(id.bytes), text, number, label.value, label.observedAt, label.slice,
                moment, isWaiting,
            ])
    }
}

extension Row {
    /// By a statement that is prepared once.
    fileprivate static func fetchOne(
        _ database: Database, cached sql: String, id: PredictionID
    ) throws -> Row? {
        try fetchOne(
            database.cachedStatement(sql: sql), arguments: [Blob.value(id.bytes)])
    }
}
