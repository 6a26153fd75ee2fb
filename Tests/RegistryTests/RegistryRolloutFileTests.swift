// SPDX-License-Identifier: Apache-2.0
import GRDB
import Glibc
import Registry
import Testing

/// What the file itself refuses, what checking it finds, and files from before there were rollouts.
struct RegistryRolloutFileTests {
    private func filled() throws -> RolloutFixture {
        let fixture = try RolloutFixture()
        _ = try fixture.registry.start(RolloutFixture.draft())
        _ = try fixture.registry.move(RolloutFixture.move(expecting: 0, to: "canary:0"))
        _ = try fixture.registry.move(
            RolloutFixture.move(expecting: 1, to: "aborted", isTerminal: true))
        _ = try fixture.registry.start(RolloutFixture.draft(candidate: 3))
        return fixture
    }

    @Test(arguments: [
        "UPDATE rollout SET is_terminal = 0, sequence = 3 WHERE id = 1",
        "UPDATE rollout SET state = 'promoted', sequence = 3 WHERE id = 1",
        "UPDATE rollout SET candidate = 2 WHERE id = 2",
        "UPDATE rollout SET salt = 'ffffffffffffffffffffffffffffffff' WHERE id = 2",
        "UPDATE rollout SET state = 'bake' WHERE id = 2",
        "DELETE FROM rollout", "DELETE FROM rollout_event",
        "UPDATE rollout_event SET evidence = '{}'",
        """
        INSERT INTO rollout SELECT 3, model_id, kind, stable, candidate, plan, salt, state,
        is_terminal, sequence, reason, created_at, created_by, updated_at FROM rollout WHERE id = 2
        """,
    ])
    func refusesWhatMustNotBe(_ sql: String) throws {
        let fixture = try filled()
        let queue = try DatabaseQueue(path: fixture.folder.registry)
        #expect(throws: DatabaseError.self) { try queue.write { try $0.execute(sql: sql) } }
        #expect(try fixture.registry.verify().isEmpty)
    }

    /// By one who drops the triggers first and puts them back.
    @Test(arguments: [
        ("UPDATE rollout_event SET evidence = '{}' WHERE sequence = 1", "m rollout 1 is not what"),
        ("UPDATE rollout_event SET reason = 'x' WHERE sequence = 1", "m rollout 1 is not what"),
        ("UPDATE rollout_event SET actor = 'x' WHERE rollout_id = 2", "m rollout 2 is not what"),
        ("UPDATE rollout SET state = 'promoted' WHERE id = 1", "rollout 1 is not where its events"),
        ("UPDATE rollout SET is_terminal = 1 WHERE id = 2", "rollout 2 is not where its events"),
        ("UPDATE rollout SET plan = '[]' WHERE id = 2", "m rollout 2 is not what the audit"),
        ("UPDATE rollout SET stable = 2 WHERE id = 1", "m rollout 1 is not what the audit"),
        ("UPDATE rollout SET created_by = 'x' WHERE id = 1", "rollout 1 is not where its events"),
        (
            """
            UPDATE rollout SET is_terminal = 1 WHERE id = 2;
            UPDATE rollout_event SET is_terminal = 1 WHERE rollout_id = 2
            """, "m rollout 2 is not what the audit recorded"
        ),
        ("DELETE FROM rollout_event WHERE rollout_id = 2", "m rollout 2 is in the audit but gone"),
        (
            "DELETE FROM rollout_event WHERE rollout_id = 2; DELETE FROM rollout WHERE id = 2",
            "m rollout 2 is in the audit but gone"
        ),
    ])
    func findsWhatATampererLeaves(_ sql: String, _ finding: String) throws {
        let fixture = try filled()
        let queue = try DatabaseQueue(path: fixture.folder.registry)
        try queue.write { database in
            let triggers = try Row.fetchAll(
                database, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            for row in triggers {
                try database.execute(sql: "DROP TRIGGER \(try row.decode(String.self, atIndex: 0))")
            }
            try database.execute(sql: sql)
            for row in triggers {
                try database.execute(sql: try row.decode(String.self, atIndex: 1))
            }
        }
        let findings = try fixture.registry.verify()
        #expect(findings.contains { $0.hasPrefix(finding) }, "\(findings)")
    }

    /// A file as the version before left it: a reader takes it as it is, also where it cannot be
    /// written, and sees the rollouts of one who migrates it meanwhile; a writer migrates it.
    @Test func readsAndMigratesAnOlderFile() throws {
        let fixture = try RolloutFixture()
        let path = fixture.folder.registry
        try DatabaseQueue(path: path).write {
            try $0.execute(
                sql: """
                    DROP TABLE rollout_event; DROP TABLE rollout;
                    DELETE FROM grdb_migrations WHERE identifier = '2';
                    """)
        }
        #expect(chmod(path, 0o444) == 0)
        let reader = try Registry(path: path, mode: .readOnly)
        #expect(try reader.rollouts().isEmpty)
        #expect(try reader.snapshot().rollouts.isEmpty)
        #expect(try reader.snapshot().versions.count == 3)
        #expect(try reader.verify().isEmpty)
        #expect(throws: RegistryError.unknownRollout(1)) { try reader.rollout(1) }
        #expect(throws: RegistryError.unknownRollout(1)) { try reader.rolloutEvents(of: 1) }
        #expect(chmod(path, 0o644) == 0)
        let writer = try Registry(path: path, mode: .readWrite)
        let begun = try writer.start(RolloutFixture.draft())
        #expect(try reader.rollouts() == [begun])
        #expect(try reader.snapshot().rollouts == [begun])
        #expect(try reader.verify().isEmpty)
    }

    @Test func survivesARowOfNothings() throws {
        let fixture = try filled()
        let queue = try DatabaseQueue(path: fixture.folder.registry)
        try queue.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    PRAGMA writable_schema = ON;
                    UPDATE sqlite_schema SET sql = replace(sql, 'state TEXT NOT NULL', 'state TEXT')
                    WHERE name = 'rollout';
                    """)
        }
        try DatabaseQueue(path: fixture.folder.registry).write {
            try $0.execute(
                sql: "DROP TRIGGER rollout_order; UPDATE rollout SET state = NULL WHERE id = 2")
        }
        #expect(throws: RegistryError.corrupt(reason: "a row is not what was written")) {
            try Registry(path: fixture.folder.registry, mode: .readOnly).rollouts()
        }
    }
}
