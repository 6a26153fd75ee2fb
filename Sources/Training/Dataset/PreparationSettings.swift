// SPDX-License-Identifier: Apache-2.0
package import CSV
package import Models

/// What kind of answer is learnt.
package enum LearningTask: Equatable, Sendable {
    case classification, regression
    /// Numbers of more than a few values, or with fractions, are predicted as such; anything else
    /// is a class.
    case inferred
    /// No answers are given: rows alone lead to this output.
    case unsupervised(Output)
}

/// How tables become datasets.
package struct PreparationSettings: Sendable {
    /// The column of the answers, which is no feature.
    package let target: String?
    package let task: LearningTask
    package var overrides = ColumnOverrides()
    package var missing = MissingTokens()
    /// A category value that occurs less often in training is pooled with the others.
    package var categoryCountMin = 10
    /// The label that counts as positive; `nil` for the second in order. Two classes only.
    package var positive: String?
    /// The part of the rows that is held out where no test table is given.
    package var holdout = 0.2
    package var seed: UInt64 = 1
    /// Whether columns of prose are features; few learners read them.
    package var readsTexts = false
    /// What `Preparation.keys` are ranks of.
    package var foldKey: FoldKey?

    /// - Parameter target: must be there unless the task is unsupervised.
    package init(target: String?, task: LearningTask) {
        self.target = target
        self.task = task
    }
}
