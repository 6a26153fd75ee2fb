// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Registry {
    /// Follows the chain, then looks for what the audit and the tables do not both tell. So rows
    /// cut from the chain's end, which leave a chain that holds, are found as well.
    static func auditFindings(_ database: Database) throws -> [String] {
        var previousHash = ""
        var expectedSequence = 1
        var recorded: [AuditEntry: Int] = [:]
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM audit ORDER BY sequence")
        while let row = try rows.next() {
            let sequence: Int = try row.decode(forColumn: "sequence")
            guard sequence == expectedSequence else {
                return ["audit: row \(expectedSequence) is missing"]
            }
            let entry = try AuditEntry(row: row)
            let hash: String = try row.decode(forColumn: "hash")
            let linkedHash: String = try row.decode(forColumn: "previous_hash")
            guard linkedHash == previousHash, entry.hash(after: previousHash) == hash
            else { return ["audit: row \(sequence) is not what was written"] }
            recorded[entry, default: 0] += 1
            previousHash = hash
            expectedSequence += 1
        }
        return try differences(
            between: recorded,
            and: publications(database) + moves(database) + rolloutEvents(database))
    }

    private static func differences(
        between recorded: [AuditEntry: Int], and present: [AuditEntry]
    ) -> [String] {
        var counts = recorded
        for entry in present { counts[entry, default: 0] -= 1 }
        let odd = Dictionary(grouping: counts.filter { $0.value != 0 }, by: \.key.object)
        return odd.keys.sorted().map { object in
            switch (odd[object]?.contains { $0.value < 0 }, odd[object]?.contains { $0.value > 0 })
            {
            case (true, true): "\(object) is not what the audit recorded"
            case (true, _): "\(object) is not in the audit"
            default: "\(object) is in the audit but gone"
            }
        }
    }

    private static func publications(_ database: Database) throws -> [AuditEntry] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT model.name AS model, version.* FROM version
                JOIN model ON model.id = version.model_id
                """
        ).map { row in
            .publication(
                of: try row.decode(forColumn: "version"), model: try row.decode(forColumn: "model"),
                digest: try row.decode(forColumn: "digest"),
                lineage: try row.decode(forColumn: "lineage"),
                at: Timestamp(milliseconds: try row.decode(forColumn: "created_at")),
                actor: try row.decode(forColumn: "created_by"))
        }
    }

    private static func moves(_ database: Database) throws -> [AuditEntry] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT model.name AS model, alias_history.* FROM alias_history
                JOIN model ON model.id = alias_history.model_id
                """
        ).map { row in
            .move(
                of: try row.decode(forColumn: "name"), model: try row.decode(forColumn: "model"),
                before: try row.decode(forColumn: "before"),
                after: try row.decode(forColumn: "after"),
                at: Timestamp(milliseconds: try row.decode(forColumn: "at")),
                actor: try row.decode(forColumn: "actor"))
        }
    }
}
