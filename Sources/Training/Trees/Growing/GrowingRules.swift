// SPDX-License-Identifier: Apache-2.0

/// What a boosted tree may look like, under LightGBM's names and with its defaults.
package struct GrowingRules: Equatable, Sendable {
    package var numLeaves = 31
    /// Zero or less for no limit.
    package var maxDepth = -1
    package var minDataInLeaf = 20
    package var minSumHessianInLeaf = 1e-3
    package var lambdaL1 = 0.0
    package var lambdaL2 = 0.0
    package var minGainToSplit = 0.0
    /// A category with at most as many values is split one against the rest.
    package var maxCatToOnehot = 4
    package var catSmooth = 10.0
    package var catL2 = 10.0
    package var maxCatThreshold = 32
    package var minDataPerGroup = 100

    package init() {}
}

extension GrowingRules {
    /// A gradient less the L1 penalty, towards zero.
    @inline(__always)
    private func shrunk(_ gradient: Double) -> Double {
        let rest = max(gradient.magnitude - lambdaL1, 0)
        return gradient < 0 ? -rest : rest
    }

    /// What a leaf of these sums saves, twice the second-order approximation of the loss.
    @inline(__always)
    func gain(_ gradient: Double, _ hessian: Double, l2: Double) -> Double {
        let gradient = shrunk(gradient)
        return gradient * gradient / (hessian + l2)
    }

    /// The same for a leaf that cannot have the value it would like.
    func gain(_ gradient: Double, _ hessian: Double, l2: Double, value: Double) -> Double {
        -(2 * shrunk(gradient) * value + (hessian + l2) * value * value)
    }

    /// The value that saves most.
    func value(_ gradient: Double, _ hessian: Double, l2: Double) -> Double {
        let value = -shrunk(gradient) / (hessian + l2)
        return value.isFinite ? value : 0
    }
}
