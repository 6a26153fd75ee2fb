// SPDX-License-Identifier: Apache-2.0
import GRDB

/// One row of the audit: who changed what, when, from what to what.
struct AuditEntry {
    let at: Timestamp
    let actor: String
    let action: String
    let object: String
    let before: String
    let after: String

    /// SHA-256 over the row before's hash and this row's fields, each as a netstring
    /// (`length:bytes,`), so that no two rows have the same text.
    func hash(after previousHash: String) -> String {
        let fields = [previousHash, "\(at.milliseconds)", actor, action, object, before, after]
        let text = fields.map { "\($0.utf8.count):\($0)," }.joined()
        return Digest(of: Array(text.utf8)).description
    }
}

extension Registry {
    static func appendAudit(_ entry: AuditEntry, _ database: Database) throws {
        let last = try Row.fetchOne(
            database, sql: "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
        let previousHash: String = last.map { $0["hash"] } ?? ""
        let sequence: Int = last.map { $0["sequence"] } ?? 0
        try database.execute(
            sql: "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                sequence + 1, entry.at.milliseconds, entry.actor, entry.action, entry.object,
                entry.before, entry.after, previousHash, entry.hash(after: previousHash),
            ])
    }
}
