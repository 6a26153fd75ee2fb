// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Registry
import Testing

struct RegistryVerifyTests {
    private func fill(_ folder: TemporaryFolder) throws {
        let registry = try Registry(path: folder.registry, mode: .create)
        for byte in UInt8(1)...2 {
            let artifact = [UInt8](repeating: byte, count: 5000)
            _ = try registry.publish(
                VersionDraft(
                    model: try ModelName("m"), artifact: artifact, lineage: #"{"auc":0.5}"#,
                    actor: "me", alias: .production))
        }
    }

    /// By one who drops the triggers first and puts them back, or goes round them.
    @Test(arguments: [
        ("UPDATE version SET lineage = '{}'", "m version 1 is not what the audit recorded"),
        ("UPDATE version SET created_by = 'x'", "m version 2 is not what the audit recorded"),
        (
            """
            INSERT OR REPLACE INTO version
            SELECT model_id, version, digest, '{}', created_at, created_by FROM version
            """, "m version 1 is not what the audit recorded"
        ),
        ("DELETE FROM audit WHERE sequence > 4", "m@production is not in the audit"),
        ("DELETE FROM audit", "m version 1 is not in the audit"),
        ("DELETE FROM alias_history WHERE name = 'previous'", "alias m@previous is not where"),
        ("UPDATE alias SET version = 1", "alias m@production is not where"),
        ("DELETE FROM alias", "alias m@production is not where"),
        ("UPDATE alias_history SET actor = 'x'", "m@production is not what the audit recorded"),
        ("UPDATE model SET name = 'n'", "m version 1 is in the audit but gone"),
        (
            "INSERT INTO artifact VALUES ('sha256:0', x'00')",
            "artifact sha256:0: the bytes have another digest"
        ),
        ("CREATE VIEW v AS SELECT 1", "view v does not belong here"),
        (
            """
            DROP TRIGGER audit_no_delete; CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
            BEGIN SELECT 1; END
            """, "trigger audit_no_delete was changed"
        ),
        ("DROP TABLE alias", "table alias is missing"),
    ])
    func findsWhatATampererLeaves(_ sql: String, _ finding: String) throws {
        let folder = try TemporaryFolder()
        try fill(folder)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: folder.registry, configuration: configuration)
        try queue.write { database in
            let triggers = try Row.fetchAll(
                database, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            let isAboutTriggers = sql.hasPrefix("DROP TRIGGER")
            for row in triggers where !isAboutTriggers {
                try database.execute(sql: "DROP TRIGGER \(try row.decode(String.self, atIndex: 0))")
            }
            try database.execute(sql: sql)
            for row in triggers where !isAboutTriggers {
                try database.execute(sql: try row.decode(String.self, atIndex: 1))
            }
        }
        let findings = try Registry(path: folder.registry, mode: .readOnly).verify()
        #expect(findings.contains { $0.hasPrefix(finding) }, "\(findings)")
    }

    /// A row that cannot be decoded is an error: SQLite itself lets a damaged one through.
    @Test func readsARowOfNothingsWithoutTrapping() throws {
        let folder = try TemporaryFolder()
        try fill(folder)
        try DatabaseQueue(path: folder.registry).writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    PRAGMA writable_schema = ON;
                    UPDATE sqlite_schema SET
                    sql = replace(sql, 'lineage TEXT NOT NULL', 'lineage TEXT')
                    WHERE name = 'version';
                    """)
        }
        try DatabaseQueue(path: folder.registry).write {
            try $0.execute(sql: "DROP TRIGGER version_no_update; UPDATE version SET lineage = NULL")
        }
        let registry = try Registry(path: folder.registry, mode: .readOnly)
        #expect(throws: RegistryError.corrupt(reason: "a row is not what was written")) {
            try registry.snapshot()
        }
        #expect(try registry.verify().contains("table version was changed"))
    }

    /// Flips one byte after another, over the whole file: whatever it hits, reading is an error or
    /// an answer, never a trap, and an artifact is never handed out changed.
    @Test func survivesAnyDamagedByte() throws {
        let folder = try TemporaryFolder()
        try fill(folder)
        let pristine = try [UInt8](Data(contentsOf: URL(filePath: folder.registry)))
        let model = try ModelName("m")
        for position in stride(from: 0, to: pristine.count, by: 397) {
            let damaged = try TemporaryFolder()
            var bytes = pristine
            bytes[position] ^= 0xFF
            try Data(bytes).write(to: URL(filePath: damaged.registry))
            guard let registry = try? Registry(path: damaged.registry, mode: .readOnly) else {
                continue
            }
            let findings = try? registry.verify()
            if let artifact = try? registry.artifact(1, of: model) {
                #expect(artifact == [UInt8](repeating: 1, count: 5000))
            } else {
                #expect(findings != [], "byte \(position)")
            }
            _ = try? registry.snapshot()
            _ = try? registry.history(of: model)
        }
    }

    @Test(arguments: [
        ("2026-11-21T08:30:05.123Z", "2026-11-21T08:30:05.123Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000Z"), ("2026-02-29", nil), ("2026-04-31", nil),
        ("2026-13-01", nil), ("2026-11-21T24:00", nil), ("0000-01-01", nil), ("2026-11-21T08", nil),
        ("2026-11-21T08:30:05.Z", nil), ("2026-11-21T08:30:05.1a", nil),
        ("2026-11-21T08:30.5", nil), ("2026-11-21+01:00", nil), ("2026-11-21T08:30:05+24:00", nil),
        ("2026-11-21T08:30:05+01:60", nil), ("2026-11-21T08:30:05+0100", nil), ("", nil),
        ("Z", nil),
    ])
    func knowsTheCalendar(_ text: String, _ expected: String?) {
        #expect(Timestamp(text)?.description == expected)
    }
}
