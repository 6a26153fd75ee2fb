// SPDX-License-Identifier: Apache-2.0
import Feedback
import Foundation
import GRDB
import Testing

/// What happens to the file: full disks, locks, damage, other programs' files, other processes.
struct FeedbackFaultTests {
    private typealias Fixture = FeedbackFixture

    @Test func refusesWhatIsNoFeedbackStore() throws {
        let fixture = try Fixture()
        #expect(throws: FeedbackError.absent(path: fixture.path)) {
            try FeedbackStore(path: fixture.path, createsFile: false)
        }
        #expect(!FileManager.default.fileExists(atPath: fixture.path))
        #expect(
            throws: FeedbackError.cannotOpen(path: fixture.folder, reason: "it is a directory")
        ) { try FeedbackStore(path: fixture.folder) }
        try DatabaseQueue(path: fixture.path).write {
            try $0.execute(sql: "CREATE TABLE t (a)")
        }
        #expect(
            throws: FeedbackError.cannotOpen(path: fixture.path, reason: "not a feedback store")
        ) { try fixture.open() }
        try Data(repeating: 0x61, count: 5000).write(to: URL(filePath: fixture.path))
        #expect(
            throws: FeedbackError.cannotOpen(
                path: fixture.path, reason: "file is not a database")
        ) { try fixture.open() }
        let missing = fixture.folder + "/none/feedback"
        #expect(
            throws: FeedbackError.cannotOpen(path: missing, reason: "No such file or directory")
        ) { try FeedbackStore(path: missing) }
    }

    @Test func refusesAFileOfALaterVersion() throws {
        let fixture = try Fixture()
        _ = try fixture.open()
        try DatabaseQueue(path: fixture.path).write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')")
        }
        #expect(throws: FeedbackError.tooNew(path: fixture.path)) { try fixture.open() }
    }

    @Test func saysThatAnotherHoldsTheFile() throws {
        let fixture = try Fixture()
        _ = try fixture.open()
        let store = try FeedbackStore(path: fixture.path, busySeconds: 0.05)
        try DatabaseQueue(path: fixture.path).inDatabase { database in
            try database.execute(sql: "BEGIN IMMEDIATE")
            #expect(throws: FeedbackError.busy) { try store.append([fixture.prediction(1)]) }
            #expect(throws: FeedbackError.busy) { try store.sweep() }
            try database.execute(sql: "ROLLBACK")
        }
        _ = try store.append([fixture.prediction(1)])
        #expect(try store.counts().rows == 1)
    }

    /// A file that may grow no more loses its oldest rows, not the newest.
    @Test func makesRoomInAFullFile() throws {
        let fixture = try Fixture()
        var limits = FeedbackStore.Limits()
        limits.fileBytesMax = 400_000
        let store = try fixture.open(limits)
        for batch in 0..<40 {
            _ = try store.append((0..<100).map { fixture.prediction(batch * 100 + $0) })
        }
        let counts = try store.counts()
        #expect(counts.bytes <= 400_000)
        #expect(counts.rows > 500)
        #expect(counts.rows < 4000)
        #expect(try store.submit([Fixture.label(3999)]).joined.count == 1)
    }

    @Test func saysThatTheDiskIsFull() throws {
        let fixture = try Fixture()
        var limits = FeedbackStore.Limits()
        limits.fileBytesMax = 200_000
        let store = try fixture.open(limits)
        _ = try store.append([fixture.prediction(0)])
        #expect(throws: FeedbackError.diskFull) {
            try store.append((1..<10_000).map { fixture.prediction($0) })
        }
        #expect(throws: FeedbackError.diskFull) {
            try store.saveEvidence(
                rollout: 1, arm: 1, bytes: [UInt8](repeating: 1, count: 300_000), sequence: 0)
        }
        _ = try store.append([fixture.prediction(2)])
        #expect(try store.submit([Fixture.label(2)]).joined.count == 1)
    }

    /// Two servers of one host write to one file.
    @Test func servesManyAtOnce() async throws {
        let fixture = try Fixture()
        let path = fixture.path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for server in 0..<4 {
                group.addTask {
                    let store = try FeedbackStore(path: path, server: "\(server)")
                    for batch in 0..<5 {
                        _ = try store.append(
                            (0..<20).map { row in
                                LoggedPrediction(
                                    id: Fixture.id((server * 5 + batch) * 20 + row),
                                    at: FeedbackStore.wallClock(), model: "m", version: 1,
                                    arm: "stable", output: .value(1))
                            })
                    }
                }
            }
            try await group.waitForAll()
        }
        let store = try FeedbackStore(path: path)
        #expect(try store.counts().rows == 400)
        let receipt = try store.submit((0..<400).map { Fixture.label($0) })
        #expect(receipt.joined.count == 400)
    }

    /// What two servers of one name took for their own would be the other's as well.
    @Test func aNameIsOneServersWhileItRuns() throws {
        let fixture = try Fixture()
        func serve(_ name: String) throws -> FeedbackStore {
            try FeedbackStore(path: fixture.path, server: name, claimsName: true)
        }
        var first: FeedbackStore? = try serve("host:0.0.0.0:8080")
        #expect(throws: FeedbackError.nameTaken("host:0.0.0.0:8080")) {
            try serve("host:0.0.0.0:8080")
        }
        let other = try serve("other:0.0.0.0:8080")
        _ = try other.beginLife(activeRollouts: [1])
        _ = try first?.beginLife(activeRollouts: [1])
        // Who only erases needs no name.
        _ = try FeedbackStore(path: fixture.path)
        first = nil
        #expect(try serve("host:0.0.0.0:8080").beginLife(activeRollouts: [1]) == [1: 1])
    }

    /// Whatever byte is hit, every call is an error or an answer, never a trap.
    @Test func survivesAnyDamagedByte() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        _ = try store.append((0..<60).map { fixture.prediction($0, key: "ann", features: "{}") })
        _ = try store.submit((0..<70).map { Fixture.label($0) })
        try store.saveEvidence(rollout: 7, arm: 1, bytes: [1, 2, 3], sequence: 1)
        _ = try store.beginLife(activeRollouts: [7])
        let pristine = try fixture.bytes()
        var openCount = 0
        for position in stride(from: 0, to: pristine.count, by: 397) {
            let damaged = try Fixture()
            var bytes = pristine
            bytes[position] ^= 0xFF
            try Data(bytes).write(to: URL(filePath: damaged.path))
            guard let store = try? damaged.open() else { continue }
            openCount += 1
            _ = try? store.export(key: Array("ann".utf8))
            _ = try? store.submit((60..<65).map { Fixture.label($0) })
            _ = try? store.append((60..<80).map { fixture.prediction($0) })
            _ = try? store.evidence(rollout: 7)
            _ = try? store.beginLife(activeRollouts: [7])
            _ = try? store.sweep()
            _ = try? store.counts()
            _ = try? store.erase(key: Array("ann".utf8))
        }
        #expect(openCount > 30)
    }
}
