// SPDX-License-Identifier: Apache-2.0
import Feedback
import GRDB
import Testing

struct FeedbackStoreTests {
    private typealias Fixture = FeedbackFixture

    @Test func joinsALabelWithItsPrediction() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        let prediction = fixture.prediction(1, features: #"{"age":39}"#)
        #expect(try store.append([prediction]).isEmpty)
        fixture.clock.advance(seconds: 60)
        let label = Fixture.label(1, value: 12.5)
        let receipt = try store.submit([label])
        #expect(
            receipt.joined == [
                JoinedLabel(
                    prediction: prediction, label: label, isLate: false, delayMilliseconds: 60_000)
            ])
        #expect(receipt.accepted == 1)
        #expect(receipt.waiting == 0)
    }

    @Test(arguments: [
        LoggedOutput.none, .value(-0.0), .value(.infinity), .probabilities(label: "", []),
        .probabilities(label: "é\u{0}x", [1, 0, .leastNonzeroMagnitude]),
    ])
    func keepsEveryOutput(_ output: LoggedOutput) throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        let prediction = LoggedPrediction(
            id: Fixture.id(1), at: 1, model: "m", version: 1, arm: "", keyHash: 1 << 63,
            output: output, other: output, otherVersion: 2)
        _ = try store.append([prediction])
        fixture.clock.advance(seconds: -fixture.clock.now / 1000)
        let joined = try store.submit([Fixture.label(1)]).joined
        #expect(joined.map(\.prediction) == [prediction])
    }

    @Test func takesTheSameAgainWithoutChange() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        for _ in 0..<2 { #expect(try store.append([fixture.prediction(1)]).isEmpty) }
        #expect(try store.counts().rows == 1)
        #expect(try store.submit([Fixture.label(1, value: 2)]).accepted == 1)
        let again = try store.submit([Fixture.label(1, value: 2), Fixture.label(1, value: 2)])
        #expect(again.duplicates == 2)
        #expect(again.accepted == 0)
        #expect(again.joined.isEmpty)
        #expect(try store.append([fixture.prediction(1)]).isEmpty)
    }

    @Test func keepsTheFirstOfTwoLabels() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        _ = try store.append([fixture.prediction(1, key: "k")])
        let receipt = try store.submit([
            Fixture.label(1, ">50K", value: 1), Fixture.label(1, "<=50K", value: 1),
            Fixture.label(1, ">50K", value: 2),
        ])
        #expect(receipt.accepted == 1)
        #expect(receipt.conflictingIDs == [Fixture.id(1), Fixture.id(1)])
        #expect(receipt.conflicts == 2)
        #expect(try store.export(key: Array("k".utf8)).map(\.label?.label) == [.text(">50K")])
    }

    @Test func joinsALabelThatCameEarly() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        let early = Fixture.label(1)
        let receipt = try store.submit([early, early])
        #expect(receipt.waiting == 1)
        #expect(receipt.accepted == 1)
        #expect(receipt.duplicates == 1)
        #expect(receipt.joined.isEmpty)
        #expect(try store.counts().waiting == 1)
        fixture.clock.advance(seconds: 5)
        let joined = try store.append([fixture.prediction(1), fixture.prediction(2)])
        #expect(joined.map(\.label) == [early])
        #expect(joined.map(\.delayMilliseconds) == [0])
        #expect(joined.map(\.isLate) == [false])
        let counts = try store.counts()
        #expect(counts.rows == 2)
        #expect(counts.labels == 1)
        #expect(counts.waiting == 0)
        #expect(try store.submit([early]).duplicates == 1)
    }

    @Test func letsNoLabelWaitForEver() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        _ = try store.submit([Fixture.label(1), Fixture.label(2)])
        fixture.clock.advance(seconds: 86_401)
        #expect(try store.append([fixture.prediction(1)]).isEmpty)
        #expect(try store.submit([Fixture.label(2, "<=50K")]).waiting == 1)
        fixture.clock.advance(seconds: 86_401)
        #expect(try store.sweep() == 1)
        #expect(try store.counts().waiting == 0)
    }

    @Test func tellsLateLabels() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        _ = try store.append([fixture.prediction(1), fixture.prediction(2)])
        let observed = fixture.clock.now + 3000
        fixture.clock.advance(seconds: 7 * 86_400)
        #expect(try store.submit([Fixture.label(1)]).joined.map(\.isLate) == [false])
        fixture.clock.advance(seconds: 1)
        let late = try store.submit([Fixture.label(2, observedAt: observed)]).joined
        #expect(late.map(\.isLate) == [true])
        #expect(late.map(\.delayMilliseconds) == [3000])
    }

    @Test(arguments: [Int64.min, .max])
    func survivesAnyMoment(_ observed: Int64) throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        _ = try store.append([fixture.prediction(1, at: observed == .min ? .max : .min)])
        let receipt = try store.submit([Fixture.label(1, observedAt: observed)])
        #expect(receipt.joined.map(\.delayMilliseconds) == (observed == .min ? [0] : []))
        #expect(receipt.expired == (observed == .min ? 0 : 1))
    }

    @Test func refusesWhatItCannotKeep() throws {
        let fixture = try Fixture()
        var limits = FeedbackStore.Limits()
        limits.earlyLabelCountMax = 1
        let store = try fixture.open(limits)
        let id = Fixture.id(1)
        let receipt = try store.submit([
            Label(predictionID: "1", label: .text("a")),
            Label(predictionID: String(repeating: "g", count: 32), label: .text("a")),
            Label(predictionID: id, label: .number(.nan)),
            Label(predictionID: id, label: .text("a"), value: .infinity),
            Label(predictionID: id, label: .text(String(repeating: "a", count: 257))),
            Label(predictionID: id, label: .text("a"), slice: String(repeating: "a", count: 257)),
            Label(predictionID: id, label: .number(2)), Fixture.label(2),
        ])
        #expect(receipt.refused == 7)
        #expect(receipt.accepted == 1)
        #expect(try store.counts().waiting == 1)
        #expect(throws: FeedbackError.invalidIdentifier("x")) {
            try store.append([
                fixture.prediction(1),
                LoggedPrediction(
                    id: "x", at: 0, model: "m", version: 1, arm: "", output: .none),
            ])
        }
        #expect(try store.counts().rows == 0, "all or none")
    }

    @Test func deletesWhatIsOld() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        _ = try store.append([fixture.prediction(1), fixture.prediction(2)])
        _ = try store.submit([Fixture.label(1)])
        fixture.clock.advance(seconds: 15 * 86_400)
        _ = try store.append([fixture.prediction(3)])
        fixture.clock.advance(seconds: 15 * 86_400 + 1)
        let receipt = try store.submit([Fixture.label(2), Fixture.label(3)])
        #expect(receipt.expired == 1)
        #expect(receipt.joined.map(\.prediction.id) == [Fixture.id(3)])
        #expect(try store.sweep() == 2)
        let counts = try store.counts()
        #expect(counts.rows == 1)
        #expect(counts.labels == 1)
        #expect(try store.sweep() == 0)
    }

    @Test func keepsNoMoreRowsThanItsLimit() throws {
        let fixture = try Fixture()
        var limits = FeedbackStore.Limits()
        limits.rowCountMax = 10
        let store = try fixture.open(limits)
        for batch in 0..<5 {
            _ = try store.append((0..<7).map { fixture.prediction(batch * 7 + $0) })
            #expect(try store.counts().rows <= 10)
        }
        let receipt = try store.submit((0..<35).map { Fixture.label($0) })
        #expect(receipt.joined.map(\.prediction.id) == (25..<35).map { Fixture.id($0) })
        #expect(receipt.waiting == 25)
        limits.rowCountMax = 3
        #expect(try fixture.open(limits).sweep() == 7)
        let counts = try store.counts()
        #expect(counts.rows == 3)
        #expect(counts.labels == 3)
    }

    /// Ids are indexed by stretches of 65,536 rows; labels find them in each.
    @Test(arguments: [[1], [65_535, 65_536, 65_537, 131_071, 131_072, 900_000]])
    func findsPredictionsOfEveryStretch(_ sequences: [Int]) throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        for (number, sequence) in sequences.enumerated() {
            _ = try store.append([fixture.prediction(number)])
            try DatabaseQueue(path: fixture.path).write { database in
                try database.execute(
                    sql: """
                        UPDATE prediction SET sequence = ?
                        WHERE sequence = (SELECT max(sequence) FROM prediction)
                        """, arguments: [sequence])
            }
        }
        let receipt = try store.submit((0...sequences.count).map { Fixture.label($0) })
        #expect(receipt.joined.map(\.prediction.id) == sequences.indices.map(Fixture.id))
        #expect(receipt.waiting == 1)
    }

    @Test func keepsNoFeaturesBeyondTheirLimit() throws {
        let fixture = try Fixture()
        var limits = FeedbackStore.Limits()
        limits.featureBytesMax = 10
        let store = try fixture.open(limits)
        _ = try store.append([
            fixture.prediction(1, key: "k", features: #"{"age":39}"#),
            fixture.prediction(2, key: "k", features: #"{"age":391}"#),
        ])
        let kept = try store.export(key: Array("k".utf8)).map(\.prediction.features)
        #expect(kept == [#"{"age":39}"#, nil])
    }

    @Test func keepsEvidenceForEachServer() throws {
        let fixture = try Fixture()
        let (first, second) = (try fixture.open(server: "a"), try fixture.open(server: "b"))
        try first.saveEvidence(rollout: 1, arm: 1, bytes: [1, 2], sequence: 3)
        try first.saveEvidence(rollout: 1, arm: 0, bytes: [], sequence: 3)
        try first.saveEvidence(rollout: 1, arm: 1, bytes: [0, 255], sequence: 4)
        try second.saveEvidence(rollout: 1, arm: 1, bytes: [9], sequence: 1)
        let evidence = try fixture.open(server: "a").evidence(rollout: 1)
        #expect(evidence.map(\.arm) == [0, 1])
        #expect(evidence.map(\.bytes) == [[], [0, 255]])
        #expect(evidence.map(\.sequence) == [3, 4])
        try first.forgetEvidence(rollout: 1)
        #expect(try first.evidence(rollout: 1).isEmpty)
        #expect(try second.evidence(rollout: 1).map(\.bytes) == [[9]])
    }

    @Test func countsCrashesInARow() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        #expect(try store.beginLife(activeRollouts: [1]) == [:])
        try store.rolloutsActive([1, 2])
        #expect(try fixture.open().beginLife(activeRollouts: [1, 2, 3]) == [1: 1, 2: 1])
        #expect(try fixture.open(server: "b").beginLife(activeRollouts: [1]) == [:])
        try store.rolloutsActive([1])
        #expect(try fixture.open().beginLife(activeRollouts: [1, 2]) == [1: 2])
        try store.endLife()
        #expect(try store.beginLife(activeRollouts: [1]) == [:])
        #expect(try store.beginLife(activeRollouts: [1]) == [1: 1], "the count began anew")
    }
}
