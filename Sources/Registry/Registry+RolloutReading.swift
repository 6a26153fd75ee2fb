// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Registry {
    /// How many rollouts that have ended a snapshot names.
    private static let endedRolloutsMax = 100

    private static let rolloutColumns = """
        SELECT model.name AS model, rollout.* FROM rollout
        JOIN model ON model.id = rollout.model_id
        """

    /// All rollouts, newest first; none in a file that no writer has migrated yet.
    package func rollouts() throws(RegistryError) -> [RolloutRecord] {
        try read { database in
            guard try Self.hasRollouts(database) else { return [] }
            return try Row.fetchAll(
                database, sql: Self.rolloutColumns + " ORDER BY rollout.id DESC"
            ).map(Self.rollout)
        }
    }

    package func rollout(_ id: Int) throws(RegistryError) -> RolloutRecord {
        try read { database in
            guard try Self.hasRollouts(database) else { throw RegistryError.unknownRollout(id) }
            return try Self.rollout(id, database)
        }
    }

    /// What happened to a rollout, oldest first.
    package func rolloutEvents(of id: Int) throws(RegistryError) -> [RolloutEvent] {
        try read { database in
            guard try Self.hasRollouts(database) else { throw RegistryError.unknownRollout(id) }
            _ = try Self.rollout(id, database)
            return try Row.fetchAll(
                database,
                sql: "SELECT * FROM rollout_event WHERE rollout_id = ? ORDER BY sequence",
                arguments: [id]
            ).map(Self.rolloutEvent)
        }
    }

    /// Every active rollout, and the newest of those that have ended; newest first.
    package func recentRollouts() throws(RegistryError) -> [RolloutRecord] {
        try read(Self.recentRollouts)
    }

    static func recentRollouts(_ database: Database) throws -> [RolloutRecord] {
        guard try hasRollouts(database) else { return [] }
        return try Row.fetchAll(
            database,
            sql: rolloutColumns + """
                 WHERE rollout.is_terminal = 0 OR rollout.id IN (
                    SELECT id FROM rollout WHERE is_terminal = 1 ORDER BY id DESC LIMIT ?)
                ORDER BY rollout.id DESC
                """, arguments: [endedRolloutsMax]
        ).map(rollout)
    }

    /// Asked each time: another process may migrate the file while this one has it open.
    static func hasRollouts(_ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database, sql: "SELECT count(*) FROM sqlite_schema WHERE name = 'rollout'") == true
    }

    static func rollout(_ id: Int, _ database: Database) throws -> RolloutRecord {
        let row = try Row.fetchOne(
            database, sql: rolloutColumns + " WHERE rollout.id = ?", arguments: [id])
        guard let row else { throw RegistryError.unknownRollout(id) }
        return try rollout(row)
    }

    static func rollout(_ row: Row) throws -> RolloutRecord {
        RolloutRecord(
            id: try row.decode(forColumn: "id"), model: try row.decode(forColumn: "model"),
            kind: try row.decode(forColumn: "kind"), stable: try row.decode(forColumn: "stable"),
            candidate: try row.decode(forColumn: "candidate"),
            plan: try row.decode(forColumn: "plan"), salt: try row.decode(forColumn: "salt"),
            state: try row.decode(forColumn: "state"),
            isTerminal: try row.decode(forColumn: "is_terminal"),
            sequence: try row.decode(forColumn: "sequence"),
            reason: try row.decode(forColumn: "reason"),
            createdAt: Timestamp(milliseconds: try row.decode(forColumn: "created_at")),
            createdBy: try row.decode(forColumn: "created_by"),
            updatedAt: Timestamp(milliseconds: try row.decode(forColumn: "updated_at")))
    }

    static func rolloutEvent(_ row: Row) throws -> RolloutEvent {
        RolloutEvent(
            rollout: try row.decode(forColumn: "rollout_id"),
            sequence: try row.decode(forColumn: "sequence"),
            from: try row.decode(forColumn: "from_state"),
            to: try row.decode(forColumn: "to_state"), reason: try row.decode(forColumn: "reason"),
            evidence: try row.decode(forColumn: "evidence"),
            at: Timestamp(milliseconds: try row.decode(forColumn: "at")),
            actor: try row.decode(forColumn: "actor"))
    }
}
