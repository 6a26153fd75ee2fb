// SPDX-License-Identifier: Apache-2.0
import Testing
import Training

struct DatasetSplitTests {
    private static let strata = (0..<1000).map { Int32($0 % 10 == 0 ? 1 : 0) }

    @Test func holdsOutTheFractionOfEachStratum() {
        let split = DatasetSplit(strata: Self.strata, fraction: 0.2, seed: 1)
        #expect(split.test.count == 200)
        #expect(split.test.count { Self.strata[$0] == 1 } == 20)
        #expect((split.train + split.test).sorted() == Array(0..<1000))
    }

    @Test func dependsOnTheSeedAlone() {
        let first = DatasetSplit(strata: Self.strata, fraction: 0.2, seed: 1)
        #expect(first == DatasetSplit(strata: Self.strata, fraction: 0.2, seed: 1))
        #expect(first != DatasetSplit(strata: Self.strata, fraction: 0.2, seed: 2))
    }

    @Test func leavesEveryStratumARow() {
        let split = DatasetSplit(strata: [0, 1, 1, 2], fraction: 0.9, seed: 3)
        #expect(Set(split.train.map { [0, 1, 1, 2][$0] }) == [0, 1, 2])
        #expect(DatasetSplit(strata: [0, 0], fraction: 0, seed: 3).test.isEmpty)
    }

    /// The generator's reference output for seed 1234567.
    @Test func mixesAsPublished() {
        var generator = SplitMix64(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
        #expect(SplitMix64.value(seed: 1_234_567, index: 1) == 3_203_168_211_198_807_973)
    }
}
