// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Registry {
    /// Checks the file, the digests, the numbering, the triggers and the audit chain.
    ///
    /// - Returns: a sentence for each thing that is wrong; none when all is well.
    package func verify() throws(RegistryError) -> [String] {
        try read { database in
            var findings = try String.fetchAll(database, sql: "PRAGMA integrity_check")
                .filter { $0 != "ok" }.map { "file: \($0)" }
            findings += try Row.fetchAll(database, sql: "PRAGMA foreign_key_check")
                .map { "foreign key: a row of \($0[0] as String) refers to nothing" }
            findings += try Self.digestFindings(database)
            findings += try Self.numberingFindings(database)
            findings += try Self.triggerFindings(database)
            findings += try Self.auditFindings(database)
            return findings
        }
    }

    private static func digestFindings(_ database: Database) throws -> [String] {
        var findings: [String] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT digest, bytes FROM artifact")
        while let row = try rows.next() {
            let digest: String = row["digest"]
            if Digest(of: bytes(row, "bytes")).description != digest {
                findings.append("artifact \(digest): the bytes have another digest")
            }
        }
        return findings
    }

    private static func numberingFindings(_ database: Database) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                SELECT model.name FROM version JOIN model ON model.id = version.model_id
                GROUP BY model.id HAVING max(version) <> count(*)
                """
        ).map { "model \($0): a version is missing from the numbering" }
    }

    private static func triggerFindings(_ database: Database) throws -> [String] {
        let present = Set(
            try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        return immutability.filter { !present.contains($0.name) }
            .map { "trigger \($0.name) is missing" }
    }

    private static func auditFindings(_ database: Database) throws -> [String] {
        var previousHash = ""
        var expected = 1
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM audit ORDER BY sequence")
        while let row = try rows.next() {
            let sequence: Int = row["sequence"]
            guard sequence == expected else { return ["audit: row \(expected) is missing"] }
            let entry = AuditEntry(
                at: Timestamp(milliseconds: row["at"]), actor: row["actor"],
                action: row["action"], object: row["object"], before: row["before"],
                after: row["after"])
            let hash: String = row["hash"]
            guard row["previous_hash"] == previousHash, entry.hash(after: previousHash) == hash
            else { return ["audit: row \(sequence) is not what was written"] }
            previousHash = hash
            expected += 1
        }
        return []
    }
}
