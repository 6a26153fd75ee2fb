// SPDX-License-Identifier: Apache-2.0

extension FeedbackStore {
    /// What bounds the store in rows, bytes and time.
    package struct Limits: Sendable {
        /// Predictions; the oldest go first.
        package var rowCountMax = 1_000_000
        /// How long a prediction and its label are kept.
        package var retentionSeconds = 30 * 86_400
        /// How long a label waits for a prediction that has not come.
        package var earlyLabelSeconds = 86_400
        package var earlyLabelCountMax = 100_000
        /// After how long a label is late: it counts as such, and no rollout should wait for it.
        package var lateSeconds = 7 * 86_400
        /// How long keys are hashed with the same secret.
        package var pepperSeconds = 7 * 86_400
        /// Features that are longer are not kept.
        package var featureBytesMax = 4096
        /// A label's or slice's text that is longer is refused.
        package var labelBytesMax = 256
        /// The size of the file.
        package var fileBytesMax = 4 << 30

        package init() {}
    }

    package struct Counts: Equatable, Sendable {
        /// Predictions.
        package let rows: Int
        /// Labels that have their prediction.
        package let labels: Int
        /// Labels without one.
        package let waiting: Int
        /// The size of the file.
        package let bytes: Int
    }
}
