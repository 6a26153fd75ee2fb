// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Registry
import Testing

struct RegistryBackupTests {
    private let files = FileManager.default

    private func draft(_ text: String, alias: AliasName? = nil) throws -> VersionDraft {
        VersionDraft(
            model: try ModelName("m"), artifact: Array(text.utf8), lineage: "{}", actor: "me",
            alias: alias)
    }

    private func registry(in folder: TemporaryFolder) throws -> Registry {
        let registry = try Registry(path: folder.registry, mode: .create)
        _ = try registry.publish(draft("a", alias: .production))
        _ = try registry.publish(draft("b", alias: .production))
        return registry
    }

    @Test func copiesEverythingThereAndBack() throws {
        let (folder, backups) = (try TemporaryFolder(), try TemporaryFolder())
        let original = try registry(in: folder)
        try files.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.registry)
        let made = try original.backup(to: backups.registry)
        #expect(made.versionCount == 2)
        #expect(made.auditRowCount == 5, "two publications, two moves, and that of previous")
        #expect(made.auditHash.hasPrefix("sha256:") && made.auditHash.utf8.count == 71)
        let attributes = try files.attributesOfItem(atPath: backups.registry)
        #expect(attributes[.size] as? Int == made.byteCount)
        #expect(attributes[.posixPermissions] as? Int == 0o640)
        #expect(try files.contentsOfDirectory(atPath: backups.path) == ["registry"])

        let restored = try TemporaryFolder()
        let copy = try Registry(path: backups.registry, mode: .readOnly)
        #expect(try copy.backup(to: restored.registry) == made)
        let again = try Registry(path: restored.registry, mode: .readWrite)
        #expect(try again.snapshot() == original.snapshot())
        #expect(try again.artifact(1, of: ModelName("m")) == Array("a".utf8))
        #expect(try again.publish(draft("c")).version == 3)
        #expect(try again.verify().isEmpty)
    }

    /// Each copy is of one moment: what was published before it was begun is there, and nothing of
    /// what came later, by halves or whole.
    @Test(arguments: [Int32(4096), 8])
    func isOfOneMomentWhileOthersPublish(pagesPerStep: Int32) async throws {
        let (folder, backups) = (try TemporaryFolder(), try TemporaryFolder())
        let original = try registry(in: folder)
        let path = folder.registry
        let publishing = Task.detached {
            let writer = try Registry(path: path, mode: .readWrite)
            for number in 3...60 {
                let artifact = [UInt8](repeating: UInt8(number), count: 20_000)
                _ = try writer.publish(
                    VersionDraft(
                        model: try ModelName("m"), artifact: artifact, lineage: "{}",
                        actor: "me", alias: .production))
            }
        }
        var counts: [Int] = []
        while counts.last != 60 {
            let before = try original.snapshot().versions.count
            let made = try original.backup(to: backups.registry, pagesPerStep: pagesPerStep)
            let copy = try Registry(path: backups.registry, mode: .readOnly)
            let snapshot = try copy.snapshot()
            #expect(made.versionCount == snapshot.versions.count)
            #expect(made.versionCount >= before)
            #expect(snapshot.versions.map(\.version) == Array(1...made.versionCount))
            let production = snapshot.aliases.first { $0.alias == "production" }
            #expect(production?.version == made.versionCount, "a version without its alias's move")
            counts.append(made.versionCount)
            try files.removeItem(atPath: backups.registry)
            await Task.yield()
        }
        try await publishing.value
        #expect(try original.verify().isEmpty)
    }

    @Test(arguments: ["", "-journal", "-wal"])
    func replacesNothing(suffix: String) throws {
        let (folder, backups) = (try TemporaryFolder(), try TemporaryFolder())
        let original = try registry(in: folder)
        let name = backups.registry + suffix
        try Data("mine".utf8).write(to: URL(filePath: name))
        defer { try? files.removeItem(atPath: name) }
        #expect(
            throws: RegistryError.backupFailed(path: backups.registry, reason: "\(name) exists")
        ) { try original.backup(to: backups.registry) }
        #expect(try String(contentsOfFile: name, encoding: .utf8) == "mine")
        #expect(try files.contentsOfDirectory(atPath: backups.path) == ["registry" + suffix])
    }

    @Test(arguments: [
        ("DROP TRIGGER version_no_update", "trigger version_no_update is missing"),
        (
            "DROP TRIGGER artifact_no_update; UPDATE artifact SET bytes = x'00';"
                + Self.trigger("artifact", "UPDATE"), "the bytes have another digest"
        ),
        (
            "DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE sequence = 3;"
                + Self.trigger("audit", "DELETE"), "audit: row 3 is missing"
        ),
    ])
    func leavesNoCopyOfADamagedRegistry(sql: String, finding: String) throws {
        let (folder, backups) = (try TemporaryFolder(), try TemporaryFolder())
        let original = try registry(in: folder)
        try DatabaseQueue(path: folder.registry).write { try $0.execute(sql: sql) }
        do {
            _ = try original.backup(to: backups.registry)
            Issue.record("a damaged registry was backed up")
        } catch {
            #expect(error.description.hasPrefix("the registry is damaged: "))
            #expect(error.description.contains(finding), "\(error)")
        }
        #expect(try files.contentsOfDirectory(atPath: backups.path).isEmpty)
    }

    private static func trigger(_ table: String, _ verb: String) -> String {
        """
        CREATE TRIGGER \(table)_no_\(verb.lowercased()) BEFORE \(verb) ON \(table)
        BEGIN SELECT RAISE(ABORT, '\(table) is immutable'); END;
        """
    }

    @Test func saysWhereItCannotWrite() throws {
        let folder = try TemporaryFolder()
        let original = try registry(in: folder)
        let path = folder.path + "/none/registry"
        #expect(
            throws: RegistryError.backupFailed(path: path, reason: "No such file or directory")
        ) { try original.backup(to: path) }
    }

    /// A writer that was killed left a journal: the copy is of what was there before it.
    @Test func copiesWhatAKilledWriterLeft() throws {
        let folder = try TemporaryFolder()
        let expected = try registry(in: folder).snapshot()
        let crashed = try TemporaryFolder()
        try DatabaseQueue(path: folder.registry).inDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA cache_size = 4; BEGIN IMMEDIATE;
                    INSERT INTO artifact VALUES ('half', zeroblob(1000000));
                    """)
            for suffix in ["", "-journal"] {
                try files.copyItem(
                    atPath: folder.registry + suffix, toPath: crashed.registry + suffix)
            }
            try database.execute(sql: "ROLLBACK")
        }
        let backups = try TemporaryFolder()
        let reader = try Registry(path: crashed.registry, mode: .readOnly)
        #expect(try reader.backup(to: backups.registry).versionCount == 2)
        #expect(try Registry(path: backups.registry, mode: .readOnly).snapshot() == expected)
    }
}
