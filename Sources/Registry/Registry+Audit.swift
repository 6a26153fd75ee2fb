// SPDX-License-Identifier: Apache-2.0
import GRDB

/// One row of the audit: who changed what, when, from what to what.
struct AuditEntry: Hashable {
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
        return Digest(of: Array(Self.netstrings(fields).utf8)).description
    }

    private static func netstrings(_ fields: [String]) -> String {
        fields.map { "\($0.utf8.count):\($0)," }.joined()
    }
}

extension AuditEntry {
    init(row: Row) throws {
        self.init(
            at: Timestamp(milliseconds: try row.decode(forColumn: "at")),
            actor: try row.decode(forColumn: "actor"), action: try row.decode(forColumn: "action"),
            object: try row.decode(forColumn: "object"),
            before: try row.decode(forColumn: "before"),
            after: try row.decode(forColumn: "after"))
    }

    /// What publishing a version leaves behind. The lineage is in it by digest, so that metrics
    /// and settings cannot be touched up later.
    static func publication(
        of version: Int, model: String, digest: String, lineage: String, at: Timestamp,
        actor: String
    ) -> AuditEntry {
        AuditEntry(
            at: at, actor: actor, action: "publish", object: "\(model) version \(version)",
            before: "", after: "\(digest) lineage \(Digest(of: Array(lineage.utf8)))")
    }

    /// What moving an alias leaves behind.
    static func move(
        of alias: String, model: String, before: Int?, after: Int, at: Timestamp, actor: String
    ) -> AuditEntry {
        AuditEntry(
            at: at, actor: actor, action: "move", object: "\(model)@\(alias)",
            before: before.map { "\($0)" } ?? "", after: "\(after)")
    }

    /// What a rollout's event leaves behind. Reason, evidence and, at the beginning, the terms are
    /// in it by digest: the numbers that justified a decision cannot be touched up later.
    static func rollout(
        _ event: RolloutEvent, of record: RolloutRecord, isTerminal: Bool
    ) -> AuditEntry {
        var after = "\(event.to) sequence \(event.sequence) \(isTerminal ? "ended" : "active")"
        after += " reason \(Digest(of: Array(event.reason.utf8)))"
        after += " evidence \(Digest(of: Array(event.evidence.utf8)))"
        if event.sequence == 0 {
            let terms = [
                record.kind, "\(record.stable)", "\(record.candidate)", record.plan, record.salt,
            ]
            after += " terms \(Digest(of: Array(netstrings(terms).utf8)))"
        }
        return AuditEntry(
            at: event.at, actor: event.actor, action: "rollout",
            object: "\(record.model) rollout \(event.rollout)", before: event.from, after: after)
    }
}

extension Registry {
    /// The time of a write: the wall clock's, but never before the last change, so that a clock
    /// set back cannot put history out of order.
    static func moment(_ database: Database) throws -> Timestamp {
        let last = try Int.fetchOne(
            database, sql: "SELECT at FROM audit ORDER BY sequence DESC LIMIT 1")
        return max(Timestamp.now, Timestamp(milliseconds: last ?? 0))
    }

    static func appendAudit(_ entry: AuditEntry, _ database: Database) throws {
        let last = try Row.fetchOne(
            database, sql: "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
        let previousHash: String = try last?.decode(forColumn: "hash") ?? ""
        let sequence: Int = try last?.decode(forColumn: "sequence") ?? 0
        try database.execute(
            sql: "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                sequence + 1, entry.at.milliseconds, entry.actor, entry.action, entry.object,
                entry.before, entry.after, previousHash, entry.hash(after: previousHash),
            ])
    }
}
