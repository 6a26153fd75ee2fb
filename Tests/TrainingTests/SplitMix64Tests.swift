// SPDX-License-Identifier: Apache-2.0
import Testing
import Training

struct SplitMix64Tests {
    /// The first numbers of Steele, Lea and Flood's generator for the seed 1234567.
    @Test func givesTheAlgorithmsNumbers() {
        var generator = SplitMix64(seed: 1_234_567)
        let numbers = (0..<3).map { _ in generator.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
        #expect(SplitMix64.value(seed: 1_234_567, index: 2) == numbers[2])
    }

    @Test func drawsEachIndexAsOften() {
        var generator = SplitMix64(seed: 1)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[generator.index(below: 7)] += 1 }
        // Five standard deviations of a binomial.
        for count in counts { #expect(abs(count - 10_000) < 470) }
        #expect(generator.index(below: 1) == 0)
    }

    @Test func drawsUnitNumbers() {
        var generator = SplitMix64(seed: 2)
        let numbers = (0..<10_000).map { _ in generator.unit() }
        #expect(numbers.allSatisfy { 0 <= $0 && $0 < 1 })
        #expect(abs(numbers.reduce(0, +) / 10_000 - 0.5) < 0.015)
    }

    /// All six orders of three, each as often.
    @Test func shufflesToEveryOrder() {
        var generator = SplitMix64(seed: 3)
        var counts: [[Int]: Int] = [:]
        for _ in 0..<6000 {
            var order = [0, 1, 2]
            generator.shuffle(&order)
            counts[order, default: 0] += 1
        }
        #expect(counts.count == 6)
        for count in counts.values { #expect(abs(count - 1000) < 145) }
        var none: [Int] = []
        generator.shuffle(&none)
        #expect(none.isEmpty)
    }
}
