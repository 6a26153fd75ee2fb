// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The options of `fit` that all families of trees share, named as in LightGBM.
struct TreeOptions: ParsableArguments {
    @Option(help: "Deepest leaf; -1 for any depth.")
    var maxDepth = -1

    @Option(help: "Into how many bins a feature's values are cut.")
    var maxBin = 255

    @Option(help: "How many rows a bin has at least.")
    var minDataInBin = 3

    /// The most of anything counted: trees number rows in 32 bits.
    static let countMax = Int(UInt32.max)

    func validate() throws {
        guard maxDepth == -1 || 1...64 ~= maxDepth else {
            throw ValidationError("--max-depth \(maxDepth) is neither -1 nor between 1 and 64")
        }
        guard 2...255 ~= maxBin else {
            throw ValidationError("--max-bin \(maxBin) is not between 2 and 255")
        }
        guard 1...Self.countMax ~= minDataInBin else {
            throw ValidationError(
                "--min-data-in-bin \(minDataInBin) is not between 1 and \(Self.countMax)")
        }
    }
}
