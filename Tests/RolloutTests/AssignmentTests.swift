// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Rollout

struct AssignmentTests {
    static let salt = Salt(low: 1, high: 2)

    static func hashes(_ count: Int, salt: Salt = salt) -> [KeyHash] {
        (0..<count).map { number in
            let key = Array("user-\(number)".utf8)
            return salt.hash(key.span)
        }
    }

    @Test func aGrowingWeightOnlyAddsKeys() {
        let keys = Self.hashes(5000)
        var previous: Set<KeyHash> = []
        for points in stride(from: 0, through: 10_000, by: 125) {
            guard let weight = Weight(basisPoints: points) else {
                Issue.record("\(points)")
                return
            }
            let now = Set(keys.filter(weight.contains))
            #expect(previous.isSubset(of: now))
            previous = now
        }
        #expect(previous.count == 5000)
    }

    /// Five standard deviations of a binomial.
    @Test(arguments: [1, 5, 25, 50, 99])
    func theShareIsTheWeight(percent: Int) throws {
        let weight = try #require(Weight(percent: percent))
        let count = Self.hashes(20_000).count { weight.contains($0) }
        let share = Double(percent) / 100
        let deviation = (20_000 * share * (1 - share)).squareRoot()
        #expect(abs(Double(count) - 20_000 * share) < 5 * deviation)
    }

    @Test func weightsAreBasisPoints() {
        #expect(Weight(basisPoints: -1) == nil)
        #expect(Weight(basisPoints: 10_001) == nil)
        #expect(Weight(percent: 101) == nil)
        #expect(Weight(percent: -1) == nil)
        #expect(Weight(percent: 100) == .all)
        #expect(Weight(basisPoints: 1)?.share == 0.0001)
    }

    @Test func noOneHasNoWeightAndAllHaveAll() {
        for key in Self.hashes(1000) {
            #expect(!Weight.none.contains(key))
            #expect(Weight.all.contains(key))
        }
    }

    @Test func anotherSaltIsAnotherDraw() throws {
        let half = try #require(Weight(percent: 50))
        let first = Self.hashes(20_000)
        let second = Self.hashes(20_000, salt: Salt(low: 3, high: 2))
        let both = zip(first, second).count { half.contains($0) && half.contains($1) }
        #expect(abs(both - 5000) < 310)
    }

    /// Pinned by another program (openssl mac SIPHASH): an upgrade moves no one.
    @Test func bucketsAreStable() {
        let key = Array("user-42".utf8)
        #expect(SipHashTests.salt.hash(key.span).bucket == 9767)
        #expect(SipHashTests.salt.hash(42).bucket == 1352)
    }

    @Test func armsGetTheirWeights() throws {
        let weights = [5000, 3000, 2000].compactMap(Weight.init(basisPoints:))
        let split = try ArmSplit(weights: weights, exposure: .all)
        var counts = [0, 0, 0]
        for key in Self.hashes(20_000) {
            let arm = try #require(split.arm(of: key))
            counts[arm] += 1
        }
        for (count, weight) in zip(counts, weights) {
            let share = weight.share
            let deviation = (20_000 * share * (1 - share)).squareRoot()
            #expect(abs(Double(count) - 20_000 * share) < 5 * deviation)
        }
    }

    @Test func exposureNeverMovesAKeyBetweenArms() throws {
        let weights = [2500, 2500, 2500, 2500].compactMap(Weight.init(basisPoints:))
        let full = try ArmSplit(weights: weights, exposure: .all)
        let keys = Self.hashes(4000)
        var previous = 0
        for percent in [0, 10, 50, 90, 100] {
            let exposure = try #require(Weight(percent: percent))
            let split = try ArmSplit(weights: weights, exposure: exposure)
            var exposed = 0
            for key in keys {
                guard let arm = split.arm(of: key) else { continue }
                exposed += 1
                #expect(arm == full.arm(of: key))
            }
            #expect(exposed >= previous)
            previous = exposed
        }
        #expect(previous == 4000)
    }

    static let refused: [([Int], PlanError)] = [
        ([10_000], .armCount(1)), ([], .armCount(0)),
        (Array(repeating: 1000, count: 9) + [1000], .armCount(10)),
        ([0, 10_000], .armWithoutWeight(0)),
        ([5000, 4999], .weightsDoNotSumToAll(basisPoints: 9999)),
        ([9000, 9000], .weightsDoNotSumToAll(basisPoints: 18_000)),
    ]

    @Test(arguments: refused)
    func refusesSplits(points: [Int], error: PlanError) {
        let weights = points.compactMap(Weight.init(basisPoints:))
        #expect(throws: error) { try ArmSplit(weights: weights, exposure: .all) }
    }

    @Test func layersExclude() throws {
        let left = try Layer(salt: Self.salt, slice: 0..<4000)
        let right = try Layer(salt: Self.salt, slice: 4000..<10_000)
        #expect(left.excludes(right))
        #expect(!left.excludes(left))
        #expect(!left.excludes(try Layer(salt: Salt(low: 9, high: 9), slice: 4000..<5000)))
        for number in 0..<1000 {
            let key = Array("user-\(number)".utf8)
            #expect(left.admits(key.span) != right.admits(key.span))
        }
        #expect(throws: PlanError.layerSlice(5..<5)) { try Layer(salt: Self.salt, slice: 5..<5) }
        #expect(throws: PlanError.layerSlice(0..<10_001)) {
            try Layer(salt: Self.salt, slice: 0..<10_001)
        }
    }
}
