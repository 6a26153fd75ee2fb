// SPDX-License-Identifier: Apache-2.0
import GRDB

extension FeedbackStore {
    /// What is kept of one answer to a person.
    package struct KeptPrediction: Equatable, Sendable {
        package let prediction: LoggedPrediction
        package let label: Label?
    }

    /// Deletes every prediction of a sticky key, with its label, under any pepper that is kept
    /// (GDPR, article 17). The file is then written anew, so that its bytes hold nothing of them:
    /// that takes seconds for a full store, and as much free disk as the file has bytes.
    ///
    /// What cannot be linked to the key any more, because its pepper is gone, stays until its time
    /// is over.
    ///
    /// - Returns: how many predictions went.
    /// - Throws: where the rows went but the file could not be written anew, too; erase again then.
    @discardableResult
    package func erase(key: [UInt8]) throws(FeedbackError) -> Int {
        let count = try write { database in
            var count = 0
            for pepper in try Pepper.all(database) {
                try database.execute(
                    sql: "DELETE FROM prediction WHERE pepper_id = ? AND key_code = ?",
                    arguments: [pepper.id, Blob.value(pepper.code(of: key))])
                count += database.changesCount
            }
            return count
        }
        do {
            try queue.vacuum()
        } catch {
            throw FeedbackError(error, path: path)
        }
        return count
    }

    /// What is kept of a sticky key, oldest first (GDPR, article 15).
    package func export(key: [UInt8]) throws(FeedbackError) -> [KeptPrediction] {
        try read { database in
            try Pepper.all(database).flatMap { pepper in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT * FROM prediction WHERE pepper_id = ? AND key_code = ?
                        ORDER BY sequence
                        """, arguments: [pepper.id, Blob.value(pepper.code(of: key))]
                ).map { row in
                    let prediction = try LoggedPrediction(row: row, key: key)
                    return KeptPrediction(
                        prediction: prediction, label: try Self.label(of: prediction, database))
                }
            }
        }
    }

    /// Hashes keys under a new secret from now on. `sweep` does it when the time has come.
    package func rotatePepper() throws(FeedbackError) {
        let moment = now()
        try write { try Pepper.make($0, at: moment) }
    }

    private static func label(
        of prediction: LoggedPrediction, _ database: Database
    ) throws -> Label? {
        guard let id = PredictionID(prediction.id) else { return nil }
        return try Row.fetchOne(
            database, sql: "SELECT * FROM label WHERE id = ?", arguments: [Blob.value(id.bytes)]
        ).map { try StoredLabel(row: $0, id: id).label }
    }
}
