// SPDX-License-Identifier: Apache-2.0

/// What turned out to be true.
package enum LabelValue: Equatable, Sendable {
    case text(String)
    case number(Double)
}

/// The truth about one prediction, as a client tells it.
package struct Label: Equatable, Sendable {
    package let predictionID: String
    package let label: LabelValue
    /// What the prediction was worth to the business, in its own unit.
    package let value: Double?
    /// When the truth was seen, in milliseconds since 1970.
    package let observedAt: Int64?
    /// The part of the traffic whose quality is told apart.
    package let slice: String?

    package init(
        predictionID: String, label: LabelValue, value: Double? = nil, observedAt: Int64? = nil,
        slice: String? = nil
    ) {
        self.predictionID = predictionID
        self.label = label
        self.value = value
        self.observedAt = observedAt
        self.slice = slice
    }
}

/// A prediction and its label, given out once: when the later of the two has come.
package struct JoinedLabel: Equatable, Sendable {
    /// Without its sticky key.
    package let prediction: LoggedPrediction
    package let label: Label
    /// The label came more than `Limits.lateSeconds` after the prediction.
    package let isLate: Bool
    /// From the prediction to when the truth was seen, or came if nobody said; 0 at least.
    package let delayMilliseconds: Int64

    package init(
        prediction: LoggedPrediction, label: Label, isLate: Bool, delayMilliseconds: Int64
    ) {
        self.prediction = prediction
        self.label = label
        self.isLate = isLate
        self.delayMilliseconds = delayMilliseconds
    }
}

/// What became of labels that were submitted together.
package struct FeedbackReceipt: Equatable, Sendable {
    package var joined: [JoinedLabel] = []
    /// Labels that are kept and were not there before: joined, or waiting.
    package var accepted = 0
    /// The same label again: nothing changed.
    package var duplicates = 0
    /// Another label than the one that is there: the first one stays.
    package var conflictingIDs: [String] = []
    /// Kept for a prediction that has not come yet.
    package var waiting = 0
    /// The prediction is older than is kept.
    package var expired = 0
    /// No id, no finite number, too long, or one too many that would wait.
    package var refused = 0

    package var conflicts: Int { conflictingIDs.count }

    package init() {}
}
