// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Registry {
    /// Begins a rollout, in one transaction with its first event and the audit.
    ///
    /// - Throws: `.unknownVersion`; `.conflict` where production is not at the draft's stable
    ///   version; `.rolloutActive` where the model has one already, unless the draft supersedes it.
    package func start(_ draft: RolloutDraft) throws(RegistryError) -> RolloutRecord {
        try write { database in
            let name = draft.model.description
            let modelID = try Self.modelID(name, database)
            for version in [draft.stable, draft.candidate] {
                _ = try Self.publisher(of: version, modelID, name, database)
            }
            try Self.check(
                AliasName.production.description, .version(draft.stable),
                try Int.fetchOne(
                    database, sql: "SELECT version FROM alias WHERE model_id = ? AND name = ?",
                    arguments: [modelID, AliasName.production.description]))
            // Ids are given in order and never again, as no rollout is deleted.
            let id = try (Int.fetchOne(database, sql: "SELECT max(id) FROM rollout") ?? 0) + 1
            let active = try Int.fetchOne(
                database, sql: "SELECT id FROM rollout WHERE model_id = ? AND is_terminal = 0",
                arguments: [modelID])
            if let active {
                guard draft.supersedes else {
                    throw RegistryError.rolloutActive(model: name, id: active)
                }
                try Self.supersede(active, by: id, actor: draft.actor, database)
            }
            let now = try Self.moment(database)
            try database.execute(
                sql: "INSERT INTO rollout VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?)",
                arguments: [
                    id, modelID, draft.kind, draft.stable, draft.candidate, draft.plan, draft.salt,
                    draft.state, draft.reason, now.milliseconds, draft.actor, now.milliseconds,
                ])
            let record = try Self.rollout(id, database)
            try Self.append(
                RolloutEvent(
                    rollout: id, sequence: 0, from: "", to: draft.state, reason: draft.reason,
                    evidence: "{}", at: now, actor: draft.actor), of: record, database)
            return record
        }
    }

    /// Changes a rollout's state if it is at the sequence that the caller expects (compare and
    /// swap); a promotion moves production, and `previous` with it, in the same transaction.
    ///
    /// - Throws: `.rolloutConflict`; `.rolloutEnded`; `.publisherCannotApprove`; `.conflict` where
    ///   production is not at the stable version. Nothing has changed then.
    package func move(_ move: RolloutMove) throws(RegistryError) -> RolloutRecord {
        try write { try Self.move(move, $0) }
    }

    private static func supersede(
        _ active: Int, by id: Int, actor: String, _ database: Database
    ) throws {
        let record = try rollout(active, database)
        _ = try move(
            RolloutMove(
                rollout: active, expecting: record.sequence, to: "superseded", isTerminal: true,
                reason: "superseded by rollout \(id)", evidence: "{}", actor: actor), database)
    }

    private static func move(
        _ move: RolloutMove, _ database: Database
    ) throws -> RolloutRecord {
        let before = try rollout(move.rollout, database)
        guard before.sequence == move.expecting else {
            throw RegistryError.rolloutConflict(
                id: before.id, expected: move.expecting, found: before.sequence)
        }
        guard !before.isTerminal else {
            throw RegistryError.rolloutEnded(id: before.id, state: before.state)
        }
        let modelID = try modelID(before.model, database)
        if move.forbidsPublisher {
            let version = move.promotes ?? before.candidate
            let publisher = try publisher(of: version, modelID, before.model, database)
            guard publisher != move.actor else {
                throw RegistryError.publisherCannotApprove(
                    model: before.model, version: version, publisher: publisher)
            }
        }
        if let version = move.promotes {
            try Self.move(
                AliasName.production.description, ofModel: modelID, before.model, to: version,
                expecting: .version(before.stable), actor: move.actor,
                reason: "rollout \(before.id): \(move.reason)", database)
        }
        let now = try moment(database)
        try database.execute(
            sql: """
                UPDATE rollout SET state = ?, is_terminal = ?, sequence = sequence + 1, reason = ?,
                updated_at = ? WHERE id = ?
                """,
            arguments: [move.to, move.isTerminal, move.reason, now.milliseconds, before.id])
        let after = try rollout(before.id, database)
        try append(
            RolloutEvent(
                rollout: before.id, sequence: after.sequence, from: before.state, to: move.to,
                reason: move.reason, evidence: move.evidence, at: now, actor: move.actor),
            of: after, database)
        return after
    }

    /// Writes the event and its audit row.
    private static func append(
        _ event: RolloutEvent, of record: RolloutRecord, _ database: Database
    ) throws {
        try database.execute(
            sql: "INSERT INTO rollout_event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                event.rollout, event.sequence, event.from, event.to, record.isTerminal,
                event.reason, event.evidence, event.at.milliseconds, event.actor,
            ])
        try appendAudit(
            .rollout(event, of: record, isTerminal: record.isTerminal), database)
    }

    private static func publisher(
        of version: Int, _ modelID: Int64, _ name: String, _ database: Database
    ) throws -> String {
        let publisher = try String.fetchOne(
            database, sql: "SELECT created_by FROM version WHERE model_id = ? AND version = ?",
            arguments: [modelID, version])
        guard let publisher else { throw RegistryError.unknownVersion(name, version) }
        return publisher
    }
}
