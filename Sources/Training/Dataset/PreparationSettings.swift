// SPDX-License-Identifier: Apache-2.0

/// What kind of answer is learnt.
package enum LearningTask: String, Sendable {
    case classification, regression
}

/// How tables become datasets.
package struct PreparationSettings: Sendable {
    package var target: String
    package var task: LearningTask
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

    package init(target: String, task: LearningTask) {
        self.target = target
        self.task = task
    }
}
