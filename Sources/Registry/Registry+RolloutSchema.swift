// SPDX-License-Identifier: Apache-2.0

extension Registry {
    /// Migration 2. What a rollout was begun with never changes, nor does an event; a rollout that
    /// has ended never begins again; a model has one active rollout at most. The file itself
    /// refuses the contrary, whoever writes.
    static let rolloutTables = """
        CREATE TABLE rollout (
            id INTEGER PRIMARY KEY,
            model_id INTEGER NOT NULL REFERENCES model (id),
            kind TEXT NOT NULL CHECK (kind IN ('canary', 'ab')),
            stable INTEGER NOT NULL,
            candidate INTEGER NOT NULL,
            plan TEXT NOT NULL,
            salt TEXT NOT NULL CHECK (length(salt) = 32),
            state TEXT NOT NULL,
            is_terminal INTEGER NOT NULL CHECK (is_terminal IN (0, 1)),
            sequence INTEGER NOT NULL CHECK (sequence >= 0),
            reason TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            updated_at INTEGER NOT NULL,
            FOREIGN KEY (model_id, stable) REFERENCES version (model_id, version),
            FOREIGN KEY (model_id, candidate) REFERENCES version (model_id, version)
        ) STRICT;
        CREATE UNIQUE INDEX rollout_active ON rollout (model_id) WHERE is_terminal = 0;
        CREATE TABLE rollout_event (
            rollout_id INTEGER NOT NULL REFERENCES rollout (id),
            sequence INTEGER NOT NULL CHECK (sequence >= 0),
            from_state TEXT NOT NULL,
            to_state TEXT NOT NULL,
            is_terminal INTEGER NOT NULL CHECK (is_terminal IN (0, 1)),
            reason TEXT NOT NULL,
            evidence TEXT NOT NULL,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            PRIMARY KEY (rollout_id, sequence)
        ) STRICT;
        CREATE TRIGGER rollout_terms BEFORE UPDATE OF
            id, model_id, kind, stable, candidate, plan, salt, created_at, created_by ON rollout
        BEGIN SELECT RAISE(ABORT, 'the terms of a rollout are immutable'); END;
        CREATE TRIGGER rollout_ended BEFORE UPDATE ON rollout WHEN OLD.is_terminal = 1
        BEGIN SELECT RAISE(ABORT, 'a rollout that has ended stays so'); END;
        CREATE TRIGGER rollout_order BEFORE UPDATE ON rollout
        WHEN NEW.sequence <> OLD.sequence + 1
        BEGIN SELECT RAISE(ABORT, 'the events of a rollout have no gaps'); END;
        CREATE TRIGGER rollout_no_delete BEFORE DELETE ON rollout
        BEGIN SELECT RAISE(ABORT, 'rollout is immutable'); END;
        CREATE TRIGGER rollout_event_no_update BEFORE UPDATE ON rollout_event
        BEGIN SELECT RAISE(ABORT, 'rollout_event is immutable'); END;
        CREATE TRIGGER rollout_event_no_delete BEFORE DELETE ON rollout_event
        BEGIN SELECT RAISE(ABORT, 'rollout_event is immutable'); END;
        """
}
