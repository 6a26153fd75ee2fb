// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Registry {
    /// Checks the file, its schema, the digests, the numbering, the audit chain, and that versions
    /// and moves are those that the audit records.
    ///
    /// - Returns: a sentence for each thing that is wrong; none when all is well.
    package func verify() throws(RegistryError) -> [String] {
        try read { database in
            let checks: [(String, (Database) throws -> [String])] = [
                ("file", Self.fileFindings), ("schema", Self.schemaFindings),
                ("artifacts", Self.digestFindings), ("versions", Self.numberingFindings),
                ("aliases", Self.aliasFindings), ("rollouts", Self.rolloutFindings),
                ("audit", Self.auditFindings),
            ]
            return try checks.flatMap { name, check in
                do {
                    return try check(database)
                } catch let error as DatabaseError
                    where [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR].contains(
                        error.resultCode)
                {
                    // A damaged page, or a table that is gone: what the check looks for.
                    return ["\(name): \(error.message ?? "cannot be read")"]
                } catch is RowDecodingError {
                    return ["\(name): a row is not what was written"]
                }
            }
        }
    }

    private static func fileFindings(_ database: Database) throws -> [String] {
        var findings = try String.fetchAll(database, sql: "PRAGMA integrity_check")
            .filter { $0 != "ok" }.map { "file: \($0)" }
        findings += try Row.fetchAll(database, sql: "PRAGMA foreign_key_check")
            .map { row in
                let table: String = try row.decode(atIndex: 0)
                return "foreign key: a row of \(table) refers to nothing"
            }
        let journalMode = try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? ""
        if journalMode != "delete" { findings.append("file: the journal mode is \(journalMode)") }
        return findings
    }

    /// Compares with the schema of a registry made in memory, as old as this one.
    private static func schemaFindings(_ database: Database) throws -> [String] {
        let pristine = try DatabaseQueue()
        let last = try migrator.completedMigrations(database).last
        if let last { try migrator.migrate(pristine, upTo: last) }
        let expected = try pristine.read(schema)
        let found = try schema(database)
        return expected.keys.sorted().compactMap { name in
            guard let sql = found[name] else { return "\(name) is missing" }
            return sql == expected[name] ? nil : "\(name) was changed"
        } + found.keys.filter { expected[$0] == nil }.sorted().map { "\($0) does not belong here" }
    }

    private static func schema(_ database: Database) throws -> [String: String] {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT type || ' ' || name AS name, sql FROM sqlite_schema WHERE sql NOT NULL")
        return try Dictionary(
            rows.map { (try $0.decode(forColumn: "name"), try $0.decode(forColumn: "sql")) },
            uniquingKeysWith: { first, _ in first })
    }

    private static func digestFindings(_ database: Database) throws -> [String] {
        var findings: [String] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT digest, bytes FROM artifact")
        while let row = try rows.next() {
            let digest: String = try row.decode(forColumn: "digest")
            if Digest(of: try bytes(row, "bytes")).description != digest {
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

    /// An alias is where its last move took it.
    private static func aliasFindings(_ database: Database) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                WITH last AS (
                    SELECT model_id, name, after AS version, max(sequence) FROM alias_history
                    GROUP BY model_id, name),
                odd AS (
                    SELECT model_id, name FROM (
                        SELECT model_id, name, version FROM last
                        EXCEPT SELECT model_id, name, version FROM alias)
                    UNION SELECT model_id, name FROM (
                        SELECT model_id, name, version FROM alias
                        EXCEPT SELECT model_id, name, version FROM last))
                SELECT model.name || '@' || odd.name FROM odd
                JOIN model ON model.id = odd.model_id ORDER BY 1
                """
        ).map { "alias \($0) is not where its history ends" }
    }
}
