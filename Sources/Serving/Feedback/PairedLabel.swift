// SPDX-License-Identifier: Apache-2.0
import Feedback
import JSON
import Rollout

/// The truth about a request of which both versions' answers are known.
struct PairedLabel {
    private let key: KeyHash
    private let isSticky: Bool
    /// Of the version that answered the caller, and of the other.
    private let losses: (own: Double, other: Double)
    private let isRight: (own: Bool, other: Bool)

    /// `nil` where one of them has not answered, or the label fits neither.
    init?(_ joined: JoinedLabel) {
        let prediction = joined.prediction
        guard let other = prediction.other,
            let own = Judgement(prediction.output, joined.label.label),
            let others = Judgement(other, joined.label.label)
        else { return nil }
        key = KeyHash(prediction.keyHash)
        isSticky = prediction.isSticky
        losses = (own.loss, others.loss)
        isRight = (own.isRight, others.isRight)
    }

    func labelOutcome(candidateAnswered: Bool) -> LabelOutcome {
        var outcome = LabelOutcome(
            key: key, isSticky: isSticky,
            candidateIsRight: candidateAnswered ? isRight.own : isRight.other,
            stableIsRight: candidateAnswered ? isRight.other : isRight.own)
        let difference = losses.own - losses.other
        outcome.lossDifference = candidateAnswered ? difference : -difference
        return outcome
    }
}

/// An answer beside the truth.
struct Judgement {
    /// Within 0 and 1.
    let loss: Double
    let isRight: Bool

    /// The loss of a class is the Brier score of the predicted label's probability; of a value
    /// `|p−y|/(|p|+|y|)`, which is right below a tenth.
    init?(_ output: LoggedOutput, _ label: LabelValue) {
        switch (output, label) {
        case (.value(let predicted), .number(let truth)):
            let scale = abs(predicted) + abs(truth)
            loss = scale == 0 ? 0 : abs(predicted - truth) / scale
            isRight = loss < 0.1
        case (.probabilities(let predicted, let probabilities), _):
            isRight = predicted == label.text
            let confidence = min(1, max(0, probabilities.max() ?? 1))
            let error = isRight ? 1 - confidence : confidence
            loss = error * error
        case (.value, .text), (.none, _): return nil
        }
    }
}

extension LabelValue {
    /// As a class is written: a number without a fraction that says nothing.
    var text: String {
        switch self {
        case .text(let text): return text
        case .number(let number):
            if let whole = Int(exactly: number) { return "\(whole)" }
            return JSONValue.number(number).text
        }
    }
}
