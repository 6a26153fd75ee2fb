// SPDX-License-Identifier: Apache-2.0

/// What rows and answers looked like when a version was made, in bins, to compare with what it is
/// asked and answers later.
package struct ReferenceProfile: Equatable, Sendable {
    /// Where the counted rows come from.
    package enum Source: String, Sendable {
        /// Rows that the model learnt from.
        case train
        /// Rows that were held out, or a test file's.
        case test
    }

    /// Variables that were counted over the same rows.
    package struct Part: Equatable, Sendable {
        package let source: Source
        package let rowCount: Int
        package let variables: [ProfiledVariable]

        /// - Precondition: each variable's counts fit its bins and sum to `rowCount`.
        package init(source: Source, rowCount: Int, variables: [ProfiledVariable]) {
            self.source = source
            self.rowCount = rowCount
            self.variables = variables
        }
    }

    /// The schema's features, in order.
    package let inputs: Part
    /// The values that `Output.profiledIndices` tells, then, unless they are a regression's, the
    /// predicted label or cluster.
    package let outputs: Part

    package init(inputs: Part, outputs: Part) {
        self.inputs = inputs
        self.outputs = outputs
    }

    package var layout: ProfileLayout {
        ProfileLayout(
            inputs: inputs.variables.map(\.bins), outputs: outputs.variables.map(\.bins))
    }
}

/// A feature or an answer: how its values are sorted into bins, and what they held.
package struct ProfiledVariable: Equatable, Sendable {
    package let bins: ProfileBins
    package let counts: VariableCounts

    package init(bins: ProfileBins, counts: VariableCounts) {
        self.bins = bins
        self.counts = counts
    }
}

/// How the values of one variable are sorted into bins.
package enum ProfileBins: Equatable, Sendable {
    package static let numberCountMax = 20
    package static let categoryCountMax = 64

    /// A value goes into the bin whose number is the count of the edges below it: at most an edge
    /// goes left. `range` is what training saw, `nil` where it saw no value.
    case number(edges: [Double], range: ClosedRange<Double>?)
    /// A bin for each of these of `codeCount` codes and, unless they are all, one for the others;
    /// from `codeCount` on, a code is of a value that no dictionary has.
    case category(codes: [Int], codeCount: Int)
    /// One bin: what a text says is not looked at.
    case text

    package var count: Int {
        switch self {
        case .number(let edges, _): edges.count + 1
        case .category(let codes, let codeCount): codes.count + (codes.count < codeCount ? 1 : 0)
        case .text: 1
        }
    }

    /// Whether neighbouring bins hold neighbouring values.
    package var isOrdered: Bool {
        if case .number = self { true } else { false }
    }
}

/// What the bins of one variable hold.
package struct VariableCounts: Equatable, Sendable {
    package var bins: [UInt64]
    /// Numbers below and above what training saw; they count in the first or last bin as well.
    package var below: UInt64 = 0
    package var above: UInt64 = 0
    /// Categories that are in no bin: in training they were too rare, or not there.
    package var unseen: UInt64 = 0
    /// Nulls, and texts that are empty.
    package var missing: UInt64 = 0

    package init(bins: [UInt64]) {
        self.bins = bins
    }

    /// The rows; wraps around beyond 2⁶⁴.
    package var total: UInt64 { bins.reduce(unseen &+ missing, &+) }
}

extension Output {
    /// Of a row's outputs, those whose distribution is profiled: the value, the second of two
    /// probabilities, else the first sixteen probabilities or distances.
    package var profiledIndices: Range<Int> {
        switch task {
        case .regression: 0..<1
        case .binary: 1..<2
        case .multiclass, .clusters: 0..<min(16, marginCount)
        }
    }

    /// How many labels or clusters there are to predict; 0 for regression.
    package var choiceCount: Int {
        switch task {
        case .regression: 0
        case .binary: 2
        case .multiclass, .clusters: marginCount
        }
    }
}
