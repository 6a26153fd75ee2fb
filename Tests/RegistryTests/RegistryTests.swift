// SPDX-License-Identifier: Apache-2.0
import GRDB
import Glibc
import Registry
import Testing

/// A folder that is gone when the test is.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in ["registry", "registry-journal"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    var registry: String { "\(path)/registry" }
}

struct RegistryTests {
    private func draft(
        _ text: String, model: String = "m", alias: AliasName? = nil
    ) throws -> VersionDraft {
        VersionDraft(
            model: try ModelName(model), artifact: Array(text.utf8), lineage: "{}", actor: "me",
            alias: alias)
    }

    @Test func numbersVersionsWithoutGapsForEachModel() throws {
        let folder = try TemporaryFolder()
        let registry = try Registry(path: folder.registry, mode: .create)
        #expect(try registry.publish(draft("a")).version == 1)
        #expect(try registry.publish(draft("b")).version == 2)
        #expect(try registry.publish(draft("a", model: "n")).version == 1)
        let again = try registry.publish(draft("a"))
        #expect(again.version == 1)
        #expect(!again.isNew)
        #expect(try registry.artifact(2, of: ModelName("m")) == Array("b".utf8))
        #expect(try registry.snapshot().versions.map(\.version) == [1, 2, 1])
        #expect(try registry.verify().isEmpty)
    }

    @Test func movesAnAliasOnlyFromWhereItIsExpected() throws {
        let folder = try TemporaryFolder()
        let registry = try Registry(path: folder.registry, mode: .create)
        let model = try ModelName("m")
        _ = try registry.publish(draft("a", alias: .production))
        _ = try registry.publish(draft("b"))
        #expect(
            throws: RegistryError.conflict(
                alias: "production", expected: "version 2", found: "version 1")
        ) {
            try registry.move(
                .production, of: model, to: 2, expecting: .version(2), actor: "me", reason: "")
        }
        try registry.move(
            .production, of: model, to: 2, expecting: .version(1), actor: "me", reason: "better")
        let aliases = try registry.snapshot().aliases
        #expect(aliases.map { "\($0.alias) \($0.version)" } == ["previous 1", "production 2"])
        #expect(try registry.rollBack(.production, of: model, actor: "me", reason: "worse") == 1)
        let moves = try registry.history(of: model, alias: .production)
        #expect(moves.map(\.after) == [1, 2, 1])
        #expect(moves.map(\.before) == [2, 1, nil])
        #expect(try registry.target(of: .production, model: model, at: .now) == 1)
        #expect(
            try registry.target(of: .production, model: model, at: Timestamp(milliseconds: 0))
                == nil)
        #expect(try registry.verify().isEmpty)
    }

    @Test func saysWhatIsUnknown() throws {
        let folder = try TemporaryFolder()
        let registry = try Registry(path: folder.registry, mode: .create)
        let model = try ModelName("m")
        #expect(throws: RegistryError.unknownModel("m")) { try registry.version(1, of: model) }
        _ = try registry.publish(draft("a"))
        #expect(throws: RegistryError.unknownVersion("m", 9)) {
            try registry.move(.production, of: model, to: 9, actor: "me", reason: "")
        }
        #expect(throws: RegistryError.unknownAlias("m", alias: "production")) {
            try registry.rollBack(.production, of: model, actor: "me", reason: "")
        }
    }

    @Test(arguments: [
        "UPDATE version SET lineage = '{}'", "DELETE FROM version", "DELETE FROM audit",
        "UPDATE artifact SET bytes = x'00'", "UPDATE alias_history SET after = 1",
    ])
    func refusesToChangeWhatIsPublished(_ sql: String) throws {
        let folder = try TemporaryFolder()
        let registry = try Registry(path: folder.registry, mode: .create)
        _ = try registry.publish(draft("a", alias: .production))
        let queue = try DatabaseQueue(path: folder.registry)
        #expect(throws: DatabaseError.self) { try queue.write { try $0.execute(sql: sql) } }
    }

    @Test(arguments: [
        ("UPDATE artifact SET bytes = x'00'", "artifact_no_update", "another digest"),
        ("UPDATE audit SET actor = 'you' WHERE sequence = 1", "audit_no_update", "row 1 is not"),
        ("DELETE FROM audit WHERE sequence = 1", "audit_no_delete", "row 1 is missing"),
        ("SELECT 1", "version_no_delete", "trigger version_no_delete is missing"),
    ])
    func findsTampering(_ sql: String, _ trigger: String, _ finding: String) throws {
        let folder = try TemporaryFolder()
        let registry = try Registry(path: folder.registry, mode: .create)
        _ = try registry.publish(draft("a", alias: .production))
        let queue = try DatabaseQueue(path: folder.registry)
        try queue.write { try $0.execute(sql: "DROP TRIGGER \(trigger); \(sql)") }
        #expect(try registry.verify().contains { $0.contains(finding) })
        if sql.contains("bytes") {
            #expect(throws: RegistryError.digestMismatch(model: "m", version: 1)) {
                try registry.artifact(1, of: ModelName("m"))
            }
        }
    }

    @Test func noticesOnlyTheChangesOfOthers() throws {
        let folder = try TemporaryFolder()
        let writer = try Registry(path: folder.registry, mode: .create)
        _ = try writer.publish(draft("a"))
        let reader = try Registry(path: folder.registry, mode: .readOnly)
        let before = try reader.dataVersion()
        #expect(try reader.dataVersion() == before)
        _ = try writer.publish(draft("b"))
        #expect(try reader.dataVersion() != before)
        #expect(throws: RegistryError.self) { try reader.publish(draft("c")) }
    }

    @Test func losesNothingWhenManyPublishAtOnce() async throws {
        let folder = try TemporaryFolder()
        let path = folder.registry
        _ = try Registry(path: path, mode: .create)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let registry = try Registry(path: path, mode: .readWrite)
                    for index in 0..<5 {
                        _ = try registry.publish(
                            VersionDraft(
                                model: try ModelName("m"), artifact: [UInt8(writer), UInt8(index)],
                                lineage: "{}", actor: "writer \(writer)"))
                    }
                }
            }
            try await group.waitForAll()
        }
        let registry = try Registry(path: path, mode: .readOnly)
        #expect(try registry.snapshot().versions.map(\.version) == Array(1...20))
        #expect(try registry.verify().isEmpty)
    }

    @Test func refusesWhatIsNoRegistry() throws {
        let folder = try TemporaryFolder()
        #expect(throws: RegistryError.absent(path: folder.registry)) {
            try Registry(path: folder.registry, mode: .readOnly)
        }
        try DatabaseQueue(path: folder.registry).write {
            try $0.execute(sql: "CREATE TABLE t (a)")
        }
        #expect(throws: RegistryError.cannotOpen(path: folder.registry, reason: "not a registry")) {
            try Registry(path: folder.registry, mode: .readOnly)
        }
    }

    @Test(arguments: [
        ("adult", true), ("a.b_c-1", true), ("9", true), ("", false), ("A", false), ("-a", false),
        ("a/b", false), ("a b", false), ("é", false), (String(repeating: "a", count: 129), false),
    ])
    func judgesModelNames(_ name: String, _ isGood: Bool) {
        #expect(((try? ModelName(name)) != nil) == isGood)
    }

    @Test(arguments: [
        ("production", true), ("v1x", true), ("latest", false), ("v12", false), ("12", false),
        ("v", false),
    ])
    func judgesAliasNames(_ name: String, _ isGood: Bool) {
        #expect(((try? AliasName(name)) != nil) == isGood)
    }

    @Test(arguments: ["latest", "v12", "12"])
    func saysThatAnAliasReadsAsAVersion(_ name: String) {
        #expect(throws: RegistryError.reservedName(name)) { try AliasName(name) }
    }

    @Test(arguments: [
        ("2026-11-21T08:30:05", "2026-11-21T08:30:05.000Z"),
        ("2026-11-21T08:30Z", "2026-11-21T08:30:00.000Z"),
        ("2026-11-21T08:30:05.123456+00:00", "2026-11-21T08:30:05.123Z"),
        ("2026-11-21T08:30:05.9Z", "2026-11-21T08:30:05.900Z"),
        ("2026-11-21T00:15:00+01:30", "2026-11-20T22:45:00.000Z"),
        ("2026-11-21T08:30-08:00", "2026-11-21T16:30:00.000Z"),
        ("1970-01-01", "1970-01-01T00:00:00.000Z"), ("0027-01-31", "0027-01-31T00:00:00.000Z"),
    ])
    func readsAndWritesMoments(_ text: String, _ expected: String) {
        #expect(Timestamp(text)?.description == expected)
        #expect(Timestamp(text + "?") == nil)
    }
}
