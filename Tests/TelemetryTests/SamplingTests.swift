// SPDX-License-Identifier: Apache-2.0
import Telemetry
import Testing

struct SamplingTests {
    private func picks(_ share: Double, seed: UInt64 = 1, count: Int = 100_000) -> [Bool] {
        var sampling = Sampling(share: share, seed: seed)
        return (0..<count).map { _ in sampling.next() }
    }

    @Test func picksNoneOrAllAtTheEnds() {
        #expect(picks(0, count: 1000).allSatisfy { !$0 })
        #expect(picks(1, count: 1000).allSatisfy { $0 })
        #expect(picks(-1, count: 10).allSatisfy { !$0 })
        #expect(picks(2, count: 10).allSatisfy { $0 })
    }

    /// Within five standard deviations.
    @Test(arguments: [0.001, 0.1, 0.5, 0.9])
    func picksItsShare(_ share: Double) {
        let expected = 100_000 * share
        let deviation = (expected * (1 - share)).squareRoot()
        let count = Double(picks(share).count { $0 })
        #expect(abs(count - expected) < 5 * deviation)
    }

    @Test func doesNotFallInWithAPattern() {
        for period in 2...8 {
            let picks = picks(0.5)
            for phase in 0..<period {
                let count = stride(from: phase, to: picks.count, by: period).count { picks[$0] }
                #expect(abs(Double(count) * Double(period) / 50_000 - 1) < 0.05)
            }
        }
    }

    @Test func isTheSameForTheSameSeed() {
        #expect(picks(0.5) == picks(0.5))
        #expect(picks(0.5) != picks(0.5, seed: 2))
    }
}
