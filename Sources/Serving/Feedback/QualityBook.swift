// SPDX-License-Identifier: Apache-2.0
import Feedback
import JSON
import Rollout
import Synchronization
import Telemetry

/// How good each version has been by its labels, as a whole and by slice: those that have come
/// since the server began, and those that its store held then.
///
/// Slices come from clients, so there are only so many of them, and no metric bears their names.
final class QualityBook: Sendable {
    private static let slicesMax = 32
    private static let versionsMax = 256
    /// Of the intervals, which hold at all times at once.
    static let alpha = 0.05

    struct VersionName: Hashable {
        let model: String
        let version: Int
    }

    private struct Key: Hashable {
        let model: String
        let version: Int
        /// Empty for the whole.
        let slice: String

        var name: VersionName { VersionName(model: model, version: version) }
    }

    private struct State {
        var qualities: [Key: LiveQuality] = [:]
        /// The versions whose quality is shown as metrics.
        var shown: Set<VersionName> = []
        /// By rollout: what the candidate's answers are worth more than the stable version's.
        var differences: [Int: (model: String, difference: ValueDifference)] = [:]
    }

    private let state = Mutex(State())
    private let metrics: MetricsRegistry

    init(_ metrics: MetricsRegistry) { self.metrics = metrics }

    /// - Parameter labels: the version's classes in its order; empty for one that predicts values,
    ///   or is no longer loaded, of which only right and wrong are counted.
    func record(_ joined: JoinedLabel, labels: [String]) {
        let prediction = joined.prediction
        state.withLock { state in
            for slice in ["", joined.label.slice].compactMap({ $0 }) {
                let key = Key(model: prediction.model, version: prediction.version, slice: slice)
                guard Self.hasRoom(for: key, in: state.qualities) else { continue }
                Self.record(joined, labels, into: &state.qualities[key, default: LiveQuality()])
            }
            guard let rollout = prediction.rollout, let value = joined.label.value,
                state.differences[rollout] != nil || state.differences.count < Self.versionsMax
            else { return }
            let new = (model: prediction.model, difference: ValueDifference())
            // Of an experiment the first candidate; what the others are worth their versions tell.
            let arm: ValueDifference.Arm =
                switch prediction.arm {
                case "stable": .stable
                case "candidate", "arm-1": .candidate
                default: .other
                }
            _ = state.differences[rollout, default: new].difference.record(
                value: value, arm: arm, share: prediction.share)
        }
    }

    private static func hasRoom(for key: Key, in qualities: [Key: LiveQuality]) -> Bool {
        guard qualities[key] == nil else { return true }
        guard !key.slice.isEmpty else { return qualities.count < versionsMax * (slicesMax + 1) }
        return qualities.keys.count { $0.model == key.model && $0.version == key.version }
            <= slicesMax
    }

    private static func record(
        _ joined: JoinedLabel, _ labels: [String], into quality: inout LiveQuality
    ) {
        switch (joined.prediction.output, joined.label.label) {
        case (.value(let predicted), .number(let truth)):
            quality.record(truth: truth, predicted: predicted)
        case (.probabilities(let label, let probabilities), let truth):
            let predicted = labels.firstIndex(of: label)
            if let predicted, let index = labels.firstIndex(of: truth.text),
                labels.count == probabilities.count
            {
                quality.record(
                    label: index, predicted: predicted, probabilities: probabilities.span)
            } else {
                quality.record(
                    label: truth.text == label ? 1 : 0, predicted: 1,
                    probabilities: [Double]().span)
            }
        case (.value, .text), (.none, _): break
        }
        if let value = joined.label.value { quality.record(businessValue: value) }
    }

    /// Shows the whole of each version that is loaded as metrics. A version's series have gone with
    /// it, even where labels still come; one that went while it was shown here goes now.
    ///
    /// - Returns: their accuracies.
    @discardableResult
    func update(_ loaded: Set<VersionName>) -> [VersionName: ConfidenceSequence] {
        let (qualities, gone) = state.withLock { state in
            let qualities = state.qualities.filter {
                $0.key.slice.isEmpty && loaded.contains($0.key.name)
            }
            let gone = state.shown.subtracting(loaded)
            state.shown = Set(qualities.keys.map(\.name))
            return (qualities, gone)
        }
        for name in gone {
            metrics.removeSeries(
                with: ["model": name.model, "version": "\(name.version)"],
                inFamilies: "model_live_")
        }
        for (key, quality) in qualities {
            let labels: Labels = ["model": key.model, "version": "\(key.version)"]
            for figure in Self.figures(quality) {
                metrics.gauge("model_live_\(figure.name)", figure.help, labels).set(figure.value)
            }
        }
        return Dictionary(
            qualities.map { ($0.key.name, $0.value.accuracy) },
            uniquingKeysWith: { first, _ in first })
    }

    /// `GET /models/{model}/quality`.
    func document(of model: String) -> JSONValue {
        let (qualities, differences) = state.withLock { state in
            (
                state.qualities.filter { $0.key.model == model },
                state.differences.filter { $0.value.model == model }.mapValues { $0.difference }
            )
        }
        let versions = Set(qualities.keys.map(\.version)).sorted()
        let documents = versions.map { version -> JSONValue in
            let slices = qualities.filter { $0.key.version == version && !$0.key.slice.isEmpty }
            let whole = qualities[Key(model: model, version: version, slice: "")]
            return [
                "version": .integer(version),
                "all": whole.map(Self.document) ?? .null,
                "slices": .object(
                    slices.sorted { $0.key.slice < $1.key.slice }.map {
                        .init(name: $0.key.slice, value: Self.document($0.value))
                    }),
            ]
        }
        let values = differences.sorted { $0.key < $1.key }.map { id, difference -> JSONValue in
            var members = Self.members("value_difference", difference.difference)
            members.insert(.init(name: "rollout", value: .integer(id)), at: 0)
            return .object(members)
        }
        return [
            "model": .string(model), "versions": .array(documents), "rollouts": .array(values),
        ]
    }

    private static func document(_ quality: LiveQuality) -> JSONValue {
        var members: [JSONValue.Member] = []
        members += self.members("accuracy", quality.accuracy)
        members += self.members("brier", quality.brier)
        members += self.members("log_loss", quality.logLoss)
        members += self.members("mean_absolute_error", quality.absoluteError)
        members += self.members("value", quality.businessValue)
        if let area = quality.scores.area {
            let width = quality.scores.areaHalfWidth(alpha: alpha)
            members.append(
                .init(
                    name: "auc",
                    value: [
                        "mean": .number(area),
                        "low": width.map { .number(max(0, area - $0)) } ?? .null,
                        "high": width.map { .number(min(1, area + $0)) } ?? .null,
                        "labels": .number(quality.accuracy.count),
                    ]))
        }
        for figure in figures(quality) where !members.contains(where: { $0.name == figure.name }) {
            members.append(.init(name: figure.name, value: .number(figure.value)))
        }
        return .object(members)
    }

    /// A mean with its interval; nothing where nothing was counted.
    private static func members(
        _ name: String, _ sequence: ConfidenceSequence
    ) -> [JSONValue.Member] {
        guard let width = sequence.halfWidth(alpha: alpha) else { return [] }
        return [
            .init(
                name: name,
                value: [
                    "mean": .number(sequence.mean), "low": .number(sequence.mean - width),
                    "high": .number(sequence.mean + width), "labels": .number(sequence.count),
                ])
        ]
    }

    private static func figures(
        _ quality: LiveQuality
    ) -> [(name: String, help: String, value: Double)] {
        var figures: [(String, String, Double)] = []
        if quality.accuracy.count > 0 {
            figures.append(
                ("accuracy", "Share of labels that were predicted.", quality.accuracy.mean))
        }
        if let area = quality.scores.area {
            figures.append(("auc", "Area under the ROC curve, by labels.", area))
        }
        if let error = quality.calibration.expectedError {
            figures.append(("calibration_error", "Expected calibration error.", error))
        }
        if quality.brier.count > 0 {
            figures.append(("brier", "Mean Brier score.", quality.brier.mean))
        }
        if let error = quality.rootMeanSquaredError {
            figures.append(("rmse", "Root mean squared error.", error))
        }
        if quality.businessValue.count > 0 {
            figures.append(("value", "Mean business value.", quality.businessValue.mean))
        }
        return figures
    }
}
