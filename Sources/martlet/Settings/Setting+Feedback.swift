// SPDX-License-Identifier: Apache-2.0

extension Setting {
    /// What is kept of predictions so that labels can find them.
    static let feedback = [
        Setting(
            "feedback-store", .optionalPath(\.feedbackStorePath),
            "A SQLite file of this server's own, in which predictions wait for the labels of POST /feedback, and the evidence of rollouts survives a restart. It is made if it is not there. Without it nothing of a prediction is kept."
        ),
        Setting(
            "feedback-server-name", .optionalName(\.feedbackServerName),
            "The name that this server's evidence and crashes have in the feedback-store: another for each server that runs with the same store, and the same before and after a restart. Without it: the host's name, a colon and listen."
        ),
        Setting(
            "feedback-predictions-per-second-max",
            .count(\.feedbackRatePerSecondMax, 0...1_000_000, of: "predictions per second"),
            "Predictions that are kept of a second, by the order in which they come; labels of others find nothing."
        ),
        Setting(
            "feedback-rows-max", .count(\.feedbackRowsMax, 1...1_000_000_000, of: "predictions"),
            "Predictions that are kept in all; above it the oldest go first."),
        Setting(
            "feedback-retention-days", .count(\.feedbackRetentionDays, 1...3_650, of: "days"),
            "Time for which a prediction and its label are kept."),
        Setting(
            "feedback-feature", .names(\.feedbackFeatures),
            "A feature whose value may be kept with predictions. Without any, no value of a request is kept."
        ),
        Setting(
            "quality-floor", .share(\.qualityFloor),
            "The share of labels that every version has to get right; one that certainly does not, by 100 labels or more, is told of as an event, once a day. 0 for none."
        ),
    ]
}
