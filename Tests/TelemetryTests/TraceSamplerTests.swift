// SPDX-License-Identifier: Apache-2.0
import Telemetry
import Testing

struct TraceSamplerTests {
    private static let second: UInt64 = 1_000_000_000

    private func parent(flags: String) throws -> TraceParent {
        let bytes = Array("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\(flags)".utf8)
        let parent = TraceParent(0..<bytes.count, in: bytes.span)
        return try #require(parent)
    }

    /// The parent decides, whatever the share; only the first bit of its flags says so.
    @Test(arguments: [
        ("00", 1.0, TraceSampler.Decision.skip), ("02", 1, .skip), ("fe", 1, .skip),
        ("01", 0, .record), ("03", 0, .record), ("ff", 0, .record),
    ])
    func followsTheParent(_ flags: String, share: Double, expected: TraceSampler.Decision) throws {
        var sampler = TraceSampler(share: share, ratePerSecond: 10, seed: 1)
        let decision = sampler.decide(below: try parent(flags: flags), nanoseconds: 0)
        #expect(decision == expected)
    }

    @Test(arguments: [(0.0, 0), (1, 1000)])
    func takesAllRootsOrNone(_ share: Double, expected: Int) {
        var sampler = TraceSampler(share: share, ratePerSecond: 10_000, seed: 1)
        let count = (0..<1000).count { _ in sampler.decideRoot(nanoseconds: 0) == .record }
        #expect(count == expected)
    }

    /// Within five standard deviations.
    @Test func takesItsShareOfRoots() {
        var sampler = TraceSampler(share: 0.1, ratePerSecond: 1e9, seed: 3)
        let count = (0..<100_000).count { _ in sampler.decideRoot(nanoseconds: 0) == .record }
        #expect(abs(Double(count) - 10_000) < 5 * 9000.0.squareRoot())
    }

    /// A second's worth at once, then as time brings it; parents and roots draw on one rate.
    @Test func limitsTheRate() throws {
        var sampler = TraceSampler(share: 1, ratePerSecond: 4, seed: 1)
        let parent = try parent(flags: "01")
        var now = 5 * Self.second
        let burst = (0..<6).map { index in
            index.isMultiple(of: 2)
                ? sampler.decideRoot(nanoseconds: now)
                : sampler.decide(below: parent, nanoseconds: now)
        }
        #expect(burst == [.record, .record, .record, .record, .limit, .limit])
        now += Self.second / 4
        let later = (0..<2).map { _ in sampler.decideRoot(nanoseconds: now) }
        #expect(later == [.record, .limit])
        // Time that seems to go back brings nothing and takes nothing.
        let before = sampler.decideRoot(nanoseconds: now - Self.second)
        #expect(before == .limit)
        now += 100 * Self.second
        let rested = (0..<5).map { _ in sampler.decideRoot(nanoseconds: now) }
        #expect(rested == [.record, .record, .record, .record, .limit])
    }

    /// Less than one a second is possible, and the first is not waited for.
    @Test func aRateBelowOneTakesOneNowAndThen() {
        var sampler = TraceSampler(share: 1, ratePerSecond: 0.5, seed: 1)
        let decisions = (0..<5).map { sampler.decideRoot(nanoseconds: UInt64($0) * Self.second) }
        #expect(decisions == [.record, .limit, .record, .limit, .record])
    }
}

struct SpanContextTests {
    private static let id = Identifier(high: 0x0102_0304_0506_0708, low: 0x1112_1314_1516_1718)

    @Test func saysWhichParentOthersHave() {
        #expect(
            SpanContext(root: Self.id).traceParent
                == "00-01020304050607081112131415161718-1112131415161718-01")
    }

    @Test func partsAreOfTheSameTraceAndTellApart() {
        let root = SpanContext(root: Self.id)
        let parts = (0..<1000).map { root.child($0) }
        #expect(parts.allSatisfy { $0.traceID == Self.id && $0.parent == .local(root.spanID) })
        #expect(Set(parts.map(\.spanID) + [root.spanID]).count == 1001)
        #expect(root.child(7) == root.child(7))
    }

    @Test func noSpanIsNamedZero() {
        #expect(SpanContext(traceID: Self.id, spanID: 0, parent: .none).spanID == 1)
    }
}
