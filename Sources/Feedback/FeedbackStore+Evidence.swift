// SPDX-License-Identifier: Apache-2.0
import GRDB

extension FeedbackStore {
    /// What a controller knew of one arm.
    package typealias ArmEvidence = (arm: Int, bytes: [UInt8], sequence: Int)

    /// Keeps what this server's controller knows of an arm, in place of what was kept before.
    package func saveEvidence(
        rollout: Int, arm: Int, bytes: [UInt8], sequence: Int
    ) throws(FeedbackError) {
        try write { database in
            try database.execute(
                sql: """
                    INSERT INTO evidence (server, rollout, arm, sequence, bytes)
                    VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (server, rollout, arm) DO UPDATE SET
                    sequence = excluded.sequence, bytes = excluded.bytes
                    """, arguments: [server, rollout, arm, sequence, Blob.value(bytes)])
        }
    }

    /// What this server kept of a rollout, arm by arm.
    package func evidence(rollout: Int) throws(FeedbackError) -> [ArmEvidence] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM evidence WHERE server = ? AND rollout = ? ORDER BY arm",
                arguments: [server, rollout]
            ).map { row in
                (
                    arm: try row.decode(forColumn: "arm"), bytes: try Blob.bytes(row, "bytes"),
                    sequence: try row.decode(forColumn: "sequence")
                )
            }
        }
    }

    package func forgetEvidence(rollout: Int) throws(FeedbackError) {
        try write { database in
            try database.execute(
                sql: "DELETE FROM evidence WHERE server = ? AND rollout = ?",
                arguments: [server, rollout])
        }
    }
}
