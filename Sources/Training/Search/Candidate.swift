// SPDX-License-Identifier: Apache-2.0

/// A family of models with hyper-parameters, for a search to try.
package struct Candidate: Sendable {
    /// By the names of `--model`.
    package enum Family: String, Sendable {
        case logistic, linear, text, mlp
        case naiveBayes = "naive-bayes"
        case boostedTrees = "boosted-trees"
        case randomForest = "random-forest"
        case extraTrees = "extra-trees"
    }

    package let family: Family
    package let learner: any Learner

    package init(_ family: Family, _ learner: any Learner) {
        self.family = family
        self.learner = learner
    }

    /// Whether it learns from columns of texts as well.
    package var readsTexts: Bool { family == .text }
}
