// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The options of `fit --model k-means`, named as in scikit-learn.
struct ClusterOptions: ParsableArguments {
    @Option(help: "How many clusters.")
    var nClusters = 8

    @Option(help: "How many starts the best is taken of.")
    var nInit = 10

    func validate() throws {
        guard 1...10_000 ~= nClusters else {
            throw ValidationError("--n-clusters \(nClusters) is not between 1 and 10000")
        }
        guard 1...1000 ~= nInit else {
            throw ValidationError("--n-init \(nInit) is not between 1 and 1000")
        }
    }
}
