// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Registry {
    /// A rollout is where its last event took it, and was begun by its first.
    static func rolloutFindings(_ database: Database) throws -> [String] {
        guard try hasRollouts(database) else { return [] }
        return try Int.fetchAll(
            database,
            sql: """
                WITH told AS (
                    SELECT last.rollout_id AS id, last.to_state, last.is_terminal,
                        last.sequence, last.reason, first.at, first.actor, last.at AS last_at
                    FROM rollout_event AS last JOIN rollout_event AS first
                    ON first.rollout_id = last.rollout_id AND first.sequence = 0
                    WHERE last.sequence = (
                        SELECT max(sequence) FROM rollout_event
                        WHERE rollout_id = last.rollout_id)
                    AND last.sequence + 1 = (
                        SELECT count(*) FROM rollout_event WHERE rollout_id = last.rollout_id))
                SELECT id FROM (
                    SELECT id, state, is_terminal, sequence, reason, created_at, created_by,
                        updated_at FROM rollout
                    EXCEPT SELECT * FROM told) ORDER BY id
                """
        ).map { "rollout \($0) is not where its events end" }
    }

    /// What the audit must tell of the events that there are.
    static func rolloutEvents(_ database: Database) throws -> [AuditEntry] {
        guard try hasRollouts(database) else { return [] }
        return try Row.fetchAll(
            database,
            sql: """
                SELECT model.name AS model, rollout.*, rollout_event.sequence AS event_sequence,
                rollout_event.is_terminal AS event_is_terminal, from_state, to_state,
                rollout_event.reason AS event_reason, evidence, at, actor
                FROM rollout_event JOIN rollout ON rollout.id = rollout_event.rollout_id
                JOIN model ON model.id = rollout.model_id
                """
        ).map { row in
            let event = RolloutEvent(
                rollout: try row.decode(forColumn: "id"),
                sequence: try row.decode(forColumn: "event_sequence"),
                from: try row.decode(forColumn: "from_state"),
                to: try row.decode(forColumn: "to_state"),
                reason: try row.decode(forColumn: "event_reason"),
                evidence: try row.decode(forColumn: "evidence"),
                at: Timestamp(milliseconds: try row.decode(forColumn: "at")),
                actor: try row.decode(forColumn: "actor"))
            return .rollout(
                event, of: try rollout(row),
                isTerminal: try row.decode(forColumn: "event_is_terminal"))
        }
    }
}
