// SPDX-License-Identifier: Apache-2.0
import Feedback
import Foundation
import GRDB
import Testing

struct FeedbackPrivacyTests {
    private typealias Fixture = FeedbackFixture

    @Test func neverWritesAKey() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        _ = try store.append((0..<100).map { fixture.prediction($0, key: "user-ann-lee") })
        #expect(try !contains(fixture.bytes(), Array("user-ann-lee".utf8)))
        #expect(try store.export(key: Array("user-ann-lee".utf8)).count == 100)
    }

    @Test func hashesEqualKeysDifferentlyInEachStore() throws {
        let codes = try (0..<2).map { _ in
            let fixture = try Fixture()
            _ = try fixture.open().append([fixture.prediction(1, key: "user")])
            return try DatabaseQueue(path: fixture.path).read {
                try Data.fetchOne($0, sql: "SELECT key_code FROM prediction")
            }
        }
        #expect(codes[0]?.count == 32)
        #expect(codes[0] != codes[1])
    }

    /// Rows of the key lie among others', under two peppers, with labels; then none of their bytes
    /// is in the file, and all of the others' are.
    @Test func leavesNoTraceOfAKey() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        func append(_ range: Range<Int>) throws {
            _ = try store.append(
                range.map { number in
                    let isAnn = number.isMultiple(of: 3)
                    return fixture.prediction(
                        number, key: isAnn ? "ann" : "bob \(number % 5)",
                        features: #"{"town":"\#(isAnn ? "Ypsilanti" : "Xanten") \#(number)"}"#)
                })
            _ = try store.submit(
                range.map { number in
                    Label(
                        predictionID: Fixture.id(number),
                        label: .text(number.isMultiple(of: 3) ? "Quagmire" : "Zwieback"))
                })
        }
        try append(1..<400)
        try store.rotatePepper()
        try append(400..<600)
        let (codes, ids) = try DatabaseQueue(path: fixture.path).read { database in
            let condition = "FROM prediction WHERE features LIKE '%Ypsilanti%'"
            return (
                try Data.fetchSet(database, sql: "SELECT key_code \(condition)"),
                try Data.fetchSet(database, sql: "SELECT id \(condition)")
            )
        }
        #expect(codes.count == 2)
        #expect(ids.count == 199)
        #expect(try contains(fixture.bytes(), Array("Ypsilanti".utf8)))
        #expect(try store.export(key: Array("ann".utf8)).count == 199)
        #expect(try store.erase(key: Array("ann".utf8)) == 199)
        let bytes = try fixture.bytes()
        let texts = ["Ypsilanti", "Quagmire"].map { Data($0.utf8) }
        for trace in texts + codes + ids {
            #expect(!contains(bytes, Array(trace)))
        }
        #expect(contains(bytes, Array("Xanten".utf8)))
        #expect(contains(bytes, Array("Zwieback".utf8)))
        let counts = try store.counts()
        #expect(counts.rows == 400)
        #expect(counts.labels == 400)
        #expect(try store.export(key: Array("ann".utf8)).isEmpty)
        #expect(try store.erase(key: Array("ann".utf8)) == 0)
        #expect(!FileManager.default.fileExists(atPath: fixture.path + "-journal"))
    }

    @Test func exportsWhatIsKeptOfAKey() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        let first = fixture.prediction(1, key: "ann", features: #"{"age":39}"#)
        _ = try store.append([first, fixture.prediction(2, key: "bob"), fixture.prediction(3)])
        _ = try store.submit([Fixture.label(1)])
        let kept = try store.export(key: Array("ann".utf8))
        #expect(kept.map(\.prediction) == [first])
        #expect(kept.map(\.label) == [Fixture.label(1)])
    }

    /// A row that the clock has put into the future outlives its pepper, without any hash of its
    /// key.
    @Test func forgetsEveryHashOfAKeyWithItsPepper() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        let future = fixture.clock.now + 365 * 86_400_000
        _ = try store.append([fixture.prediction(1, key: "ann", at: future)])
        fixture.clock.advance(seconds: 7 * 86_400)
        try store.sweep()
        _ = try store.append([fixture.prediction(2, key: "ann")])
        func hashes() throws -> [[DatabaseValue]] {
            try DatabaseQueue(path: fixture.path).read {
                try Row.fetchAll(
                    $0, sql: "SELECT key_code, key_hash FROM prediction ORDER BY sequence"
                ).map { Array($0.databaseValues) }
            }
        }
        let before = try hashes()
        #expect(before.count == 2)
        #expect(before.joined().allSatisfy { !$0.isNull && $0 != 0.databaseValue })
        fixture.clock.advance(seconds: 30 * 86_400 + 1)
        try store.sweep()
        let after = try hashes()
        #expect(after.first == [.null, 0.databaseValue])
        #expect(try store.export(key: Array("ann".utf8)).isEmpty)
    }

    /// A pepper is dropped when nothing that is kept was hashed under it.
    @Test func changesAndForgetsPeppers() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        func pepperIDs() throws -> [Int] {
            try DatabaseQueue(path: fixture.path).read {
                try Int.fetchAll($0, sql: "SELECT id FROM pepper ORDER BY id")
            }
        }
        _ = try store.append([fixture.prediction(1, key: "ann")])
        try store.sweep()
        #expect(try pepperIDs() == [1])
        fixture.clock.advance(seconds: 7 * 86_400)
        try store.sweep()
        #expect(try pepperIDs() == [1, 2])
        _ = try store.append([fixture.prediction(2, key: "ann")])
        #expect(try store.export(key: Array("ann".utf8)).count == 2)
        fixture.clock.advance(seconds: 30 * 86_400)
        try store.sweep()
        #expect(try pepperIDs() == [1, 2, 3])
        fixture.clock.advance(seconds: 1)
        try store.sweep()
        #expect(try pepperIDs() == [2, 3])
        #expect(try store.counts().rows == 0)
    }

    @Test func isForItsOwnerOnly() throws {
        let fixture = try Fixture()
        _ = try fixture.open()
        let mode = try FileManager.default.attributesOfItem(atPath: fixture.path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }
}
