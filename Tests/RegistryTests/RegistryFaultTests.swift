// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Registry
import Testing

/// What happens to the file, rather than in it: crashes, full disks, locks, other programs' files.
struct RegistryFaultTests {
    private func draft(_ artifact: [UInt8]) throws -> VersionDraft {
        VersionDraft(
            model: try ModelName("m"), artifact: artifact, lineage: "{}", actor: "me",
            alias: .production)
    }

    /// The file and its journal, copied while a transaction has written half of its pages, are
    /// what a killed writer leaves behind.
    @Test func readsOnWhereAWriterWasKilled() throws {
        let folder = try TemporaryFolder()
        let registry = try Registry(path: folder.registry, mode: .create)
        _ = try registry.publish(draft([1]))
        let crashed = try TemporaryFolder()
        try DatabaseQueue(path: folder.registry).inDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA cache_size = 4; BEGIN IMMEDIATE;
                    INSERT INTO artifact VALUES ('half', zeroblob(1000000));
                    INSERT INTO model (name, created_at) VALUES ('half', 0);
                    """)
            for suffix in ["", "-journal"] {
                try FileManager.default.copyItem(
                    atPath: folder.registry + suffix, toPath: crashed.registry + suffix)
            }
            try database.execute(sql: "ROLLBACK")
        }
        let size = try #require(try? Data(contentsOf: URL(filePath: crashed.registry))).count
        #expect(size > 500_000, "the transaction had reached the file")
        let reader = try Registry(path: crashed.registry, mode: .readOnly)
        #expect(try reader.snapshot() == registry.snapshot())
        #expect(try reader.verify().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: crashed.registry + "-journal"))
    }

    /// The writer may also be killed while the reader is open.
    @Test func readsOnWhereAWriterIsKilledMeanwhile() throws {
        let folder = try TemporaryFolder()
        let registry = try Registry(path: folder.registry, mode: .create)
        _ = try registry.publish(draft([1]))
        let reader = try Registry(path: folder.registry, mode: .readOnly)
        let before = try reader.snapshot()
        var crashed: [(suffix: String, bytes: Data)] = []
        try DatabaseQueue(path: folder.registry).inDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA cache_size = 4; BEGIN IMMEDIATE;
                    INSERT INTO model (name, created_at) VALUES ('half', 0);
                    INSERT INTO artifact VALUES ('half', zeroblob(1000000));
                    """)
            for suffix in ["", "-journal"] {
                let url = URL(filePath: folder.registry + suffix)
                crashed.append((suffix, try Data(contentsOf: url)))
            }
            try database.execute(sql: "ROLLBACK")
        }
        // In place, so that the reader has the same file open still.
        for (suffix, bytes) in crashed {
            try bytes.write(to: URL(filePath: folder.registry + suffix))
        }
        #expect(try reader.snapshot() == before)
        #expect(try reader.verify().isEmpty)
    }

    @Test(arguments: [Registry.Mode.readOnly, .create])
    func saysWhatAPathIsThatIsNoRegistry(mode: Registry.Mode) throws {
        let folder = try TemporaryFolder()
        #expect(
            throws: RegistryError.cannotOpen(path: folder.path, reason: "it is a directory")
        ) { try Registry(path: folder.path, mode: mode) }
        try Data(repeating: 0x61, count: 5000).write(to: URL(filePath: folder.registry))
        #expect(
            throws: RegistryError.cannotOpen(
                path: folder.registry, reason: "file is not a database")
        ) { try Registry(path: folder.registry, mode: mode) }
        let below = folder.registry + "/registry"
        #expect(
            throws: RegistryError.cannotOpen(path: below, reason: "Not a directory")
        ) { try Registry(path: below, mode: mode) }
    }

    @Test func publishesAllOrNothingOnAFullDisk() throws {
        let folder = try TemporaryFolder()
        let registry = try Registry(path: folder.registry, mode: .create, pageCountMax: 60)
        #expect(throws: RegistryError.diskFull) {
            try registry.publish(draft([UInt8](repeating: 7, count: 1_000_000)))
        }
        #expect(try registry.snapshot() == .empty)
        #expect(try registry.publish(draft([1])).version == 1)
        #expect(try registry.verify().isEmpty)
    }

    @Test func givesUpOnAFileThatAnotherHolds() throws {
        let folder = try TemporaryFolder()
        let registry = try Registry(path: folder.registry, mode: .create, busySeconds: 0.02)
        try DatabaseQueue(path: folder.registry).inDatabase { database in
            try database.execute(sql: "BEGIN EXCLUSIVE")
            #expect(throws: RegistryError.busy) { try registry.publish(draft([1])) }
            #expect(throws: RegistryError.busy) { try registry.snapshot() }
            try database.execute(sql: "ROLLBACK")
        }
        #expect(try registry.publish(draft([1])).version == 1)
    }

    /// As root the modes forbid nothing; the reader must leave no file beside it all the same.
    @Test func readsFromAReadOnlyFolder() throws {
        let folder = try TemporaryFolder()
        _ = try Registry(path: folder.registry, mode: .create).publish(draft([1]))
        let files = FileManager.default
        try files.setAttributes([.posixPermissions: 0o444], ofItemAtPath: folder.registry)
        try files.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
        defer { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path) }
        let reader = try Registry(path: folder.registry, mode: .readOnly)
        #expect(try reader.artifact(1, of: ModelName("m")) == [1])
        #expect(try reader.verify().isEmpty)
        #expect(try files.contentsOfDirectory(atPath: folder.path) == ["registry"])
        #expect(throws: RegistryError.self) { try reader.publish(draft([2])) }
    }

    @Test func leavesAnotherProgramsDatabaseAlone() throws {
        let folder = try TemporaryFolder()
        let queue = try DatabaseQueue(path: folder.registry)
        try queue.write { try $0.execute(sql: "CREATE TABLE t (a)") }
        for mode in [Registry.Mode.readOnly, .readWrite, .create] {
            #expect(
                throws: RegistryError.cannotOpen(path: folder.registry, reason: "not a registry")
            ) { try Registry(path: folder.registry, mode: mode) }
        }
        #expect(try queue.read { try $0.tableExists("grdb_migrations") } == false)
    }

    @Test func refusesAFileThatIsNoDatabase() throws {
        let folder = try TemporaryFolder()
        let text = String(repeating: "id,age,target\n", count: 100)
        try Data(text.utf8).write(to: URL(filePath: folder.registry))
        for mode in [Registry.Mode.readOnly, .readWrite, .create] {
            #expect(
                throws: RegistryError.cannotOpen(
                    path: folder.registry, reason: "file is not a database")
            ) { try Registry(path: folder.registry, mode: mode) }
        }
        #expect(try String(contentsOfFile: folder.registry, encoding: .utf8) == text)
    }

    @Test func refusesALaterSchema() throws {
        let folder = try TemporaryFolder()
        _ = try Registry(path: folder.registry, mode: .create)
        try DatabaseQueue(path: folder.registry).write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')")
        }
        for mode in [Registry.Mode.readOnly, .readWrite, .create] {
            #expect(throws: RegistryError.tooNew(path: folder.registry)) {
                try Registry(path: folder.registry, mode: mode)
            }
        }
    }

    @Test func manyMayMakeTheFileAtOnce() async throws {
        let folder = try TemporaryFolder()
        let path = folder.registry
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let registry = try Registry(path: path, mode: .create)
                    _ = try registry.publish(
                        VersionDraft(
                            model: try ModelName("m"), artifact: [UInt8(writer)], lineage: "{}",
                            actor: "writer \(writer)"))
                }
            }
            try await group.waitForAll()
        }
        let registry = try Registry(path: path, mode: .readOnly)
        #expect(try registry.snapshot().versions.map(\.version) == [1, 2, 3, 4])
        #expect(try registry.verify().isEmpty)
    }
}
