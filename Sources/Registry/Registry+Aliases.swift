// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Registry {
    /// Moves an alias, if it is where the caller expects it (compare and swap).
    ///
    /// When `production` moves, `previous` takes its old place in the same transaction.
    package func move(
        _ alias: AliasName, of model: ModelName, to version: Int,
        expecting: AliasExpectation = .any, actor: String, reason: String
    ) throws(RegistryError) {
        try write { database in
            try Self.move(
                alias.description, ofModel: try Self.modelID(model.description, database),
                model.description, to: version, expecting: expecting, actor: actor,
                reason: reason, database)
        }
    }

    /// Moves an alias back to where it was before its last move; again, and it returns.
    ///
    /// - Returns: the version that the alias points to now.
    package func rollBack(
        _ alias: AliasName, of model: ModelName, actor: String, reason: String
    ) throws(RegistryError) -> Int {
        let name = model.description
        return try write { database in
            let modelID = try Self.modelID(name, database)
            let last = try Row.fetchOne(
                database,
                sql: """
                    SELECT before, after FROM alias_history WHERE model_id = ? AND name = ?
                    ORDER BY sequence DESC LIMIT 1
                    """, arguments: [modelID, alias.description])
            guard let last else {
                throw RegistryError.unknownAlias(name, alias: alias.description)
            }
            guard let before: Int = try last.decode(forColumn: "before") else {
                throw RegistryError.noEarlierVersion(name, alias: alias.description)
            }
            let after: Int = try last.decode(forColumn: "after")
            try Self.move(
                alias.description, ofModel: modelID, name, to: before,
                expecting: .version(after), actor: actor, reason: reason, database)
            return before
        }
    }

    /// The alias's moves, latest first.
    package func history(
        of model: ModelName, alias: AliasName? = nil
    ) throws(RegistryError) -> [AliasMove] {
        try read { database in
            let modelID = try Self.modelID(model.description, database)
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM alias_history WHERE model_id = ? AND (?2 IS NULL OR name = ?2)
                    ORDER BY sequence DESC
                    """, arguments: [modelID, alias?.description]
            ).map { row in
                AliasMove(
                    alias: try row.decode(forColumn: "name"),
                    before: try row.decode(forColumn: "before"),
                    after: try row.decode(forColumn: "after"),
                    at: Timestamp(milliseconds: try row.decode(forColumn: "at")),
                    actor: try row.decode(forColumn: "actor"),
                    reason: try row.decode(forColumn: "reason"))
            }
        }
    }

    /// The version that the alias pointed to at a moment; `nil` where it did not exist yet.
    package func target(
        of alias: AliasName, model: ModelName, at moment: Timestamp
    ) throws(RegistryError) -> Int? {
        try history(of: model, alias: alias).first { $0.at <= moment }?.after
    }

    static func move(
        _ alias: String, ofModel modelID: Int64, _ name: String, to version: Int,
        expecting: AliasExpectation, actor: String, reason: String, _ database: Database
    ) throws {
        let isKnown = try Bool.fetchOne(
            database, sql: "SELECT count(*) FROM version WHERE model_id = ? AND version = ?",
            arguments: [modelID, version])
        guard isKnown == true else { throw RegistryError.unknownVersion(name, version) }
        let found = try Int.fetchOne(
            database, sql: "SELECT version FROM alias WHERE model_id = ? AND name = ?",
            arguments: [modelID, alias])
        try check(alias, expecting, found)
        guard found != version else { return }
        if alias == AliasName.production.description, let found {
            try place(
                AliasName.previous.description, modelID, name, at: found, actor: actor,
                reason: "production moved to \(version)", database)
        }
        try place(alias, modelID, name, at: version, actor: actor, reason: reason, database)
    }

    static func check(
        _ alias: String, _ expecting: AliasExpectation, _ found: Int?
    ) throws(RegistryError) {
        let foundText = found.map { "version \($0)" } ?? "nothing"
        switch expecting {
        case .any: break
        case .absent:
            if found != nil {
                throw .conflict(alias: alias, expected: "nothing", found: foundText)
            }
        case .version(let version):
            if found != version {
                throw .conflict(alias: alias, expected: "version \(version)", found: foundText)
            }
        }
    }

    /// Writes the alias, its history and the audit row.
    private static func place(
        _ alias: String, _ modelID: Int64, _ name: String, at version: Int, actor: String,
        reason: String, _ database: Database
    ) throws {
        let now = try Self.moment(database)
        let before = try Int.fetchOne(
            database, sql: "SELECT version FROM alias WHERE model_id = ? AND name = ?",
            arguments: [modelID, alias])
        guard before != version else { return }
        try database.execute(
            sql: """
                INSERT INTO alias (model_id, name, version, moved_at, moved_by)
                VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (model_id, name) DO UPDATE SET
                version = excluded.version, moved_at = excluded.moved_at,
                moved_by = excluded.moved_by
                """, arguments: [modelID, alias, version, now.milliseconds, actor])
        try database.execute(
            sql: """
                INSERT INTO alias_history (model_id, name, before, after, at, actor, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [modelID, alias, before, version, now.milliseconds, actor, reason])
        try appendAudit(
            .move(
                of: alias, model: name, before: before, after: version, at: now, actor: actor),
            database)
    }
}
