// SPDX-License-Identifier: Apache-2.0
import Feedback
import Testing

/// What a server that begins anew reads of the labels before it.
struct JoinedLabelTests {
    private typealias Fixture = FeedbackFixture

    @Test func readsWhatWasJoined() throws {
        let fixture = try Fixture()
        let store = try fixture.open()
        _ = try store.append((1...6).map { fixture.prediction($0, key: "k") })
        fixture.clock.advance(seconds: 5)
        let joined = try store.submit([5, 2, 3].map { Fixture.label($0, value: 1) }).joined
        _ = try store.submit([Fixture.label(7)])
        let order = [2, 3, 5].map(Fixture.id)
        func read(_ countMax: Int = 100, of newest: Int = 100) throws -> [JoinedLabel] {
            try store.joinedLabels(countMax: countMax, ofNewest: newest)
        }
        #expect(try read().map(\.prediction.id) == order)
        for label in try read() { #expect(joined.contains(label)) }
        // The newest of all, and of the newest.
        #expect(try read(2).map(\.prediction.id) == Array(order[1...]))
        #expect(try read(of: 4).map(\.prediction.id) == Array(order[1...]))
        #expect(try read(0).isEmpty && read(of: 0).isEmpty)
        // An early one, once its prediction has come.
        _ = try store.append([fixture.prediction(7)])
        #expect(try read().map(\.prediction.id) == order + [Fixture.id(7)])
        try store.erase(key: Array("k".utf8))
        #expect(try read().map(\.prediction.id) == [Fixture.id(7)])
        fixture.clock.advance(seconds: 31 * 86_400)
        #expect(try read().isEmpty, "swept or not")
    }
}
