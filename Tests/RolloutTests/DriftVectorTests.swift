// SPDX-License-Identifier: Apache-2.0
import Rollout
import Testing

/// The same counts give the same numbers as SciPy, within 1e-9; probabilities relative to
/// themselves as well, however small.
struct DriftVectorTests {
    @Test(arguments: DriftVectors.distances.indices)
    func distancesAreSciPys(_ index: Int) throws {
        let vector = DriftVectors.distances[index]
        let distance = try #require(
            BinnedDistance(window: vector.window, reference: vector.reference))
        #expect(abs(distance.stabilityIndex - vector.stabilityIndex) < 1e-9)
        #expect(abs(distance.jensenShannon - vector.jensenShannon) < 1e-9)
        #expect(abs(distance.jensenShannonBinary - vector.jensenShannonBinary) < 1e-9)
        #expect(abs(distance.kolmogorov - vector.kolmogorov) < 1e-9)
        #expect(Self.isNear(distance.probability, vector.probability))
    }

    @Test(arguments: DriftVectors.shares.indices)
    func sharesAreSciPys(_ index: Int) throws {
        let vector = DriftVectors.shares[index]
        let shift = try #require(
            ShareShift(
                window: vector.window[0], of: vector.window[1], reference: vector.reference[0],
                of: vector.reference[1]))
        #expect(Self.isNear(shift.probability, vector.probability))
    }

    private static func isNear(_ value: Double, _ expected: Double) -> Bool {
        abs(value - expected) <= 1e-9 * expected + 1e-300
    }

    @Test func hasNoShareWithoutRowsAndNoShiftOfNothing() throws {
        #expect(ShareShift(window: 0, of: 0, reference: 1, of: 10) == nil)
        #expect(ShareShift(window: 0, of: 10, reference: 0, of: 0) == nil)
        let none = try #require(ShareShift(window: 0, of: 10, reference: 0, of: 10))
        #expect(none.probability == 1)
        #expect(none.difference == 0)
    }
}
