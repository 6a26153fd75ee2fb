// SPDX-License-Identifier: Apache-2.0
import Feedback
import JSON
import Models
import Registry
import Rollout
import Telemetry

/// Keeping a prediction until its label comes.
extension Prediction {
    /// Keeps the answer for its label, where that is wanted, and has the request computed by both
    /// versions where a rollout wants that.
    ///
    /// - Parameter text: the body that was read, or nothing where it is gone.
    func keep(
        _ input: borrowing PredictInput, _ arm: Int?, _ scratch: borrowing PredictionScratch,
        _ text: Span<UInt8>, in log: PredictionLog?
    ) {
        guard arm != nil || log != nil else { return }
        let logged = log.flatMap { self.logged(input, arm, scratch, in: $0) }
        let isTaken = text.isEmpty ? false : offerCopies(input, text, logged)
        if let log, let logged, !isTaken { log.append(logged) }
    }

    /// What is kept of an answer to one row; `nil` where nothing is: an answer to many rows has one
    /// identifier, and no label could say which row it means.
    ///
    /// - Parameter scratch: what the answer was made in.
    func logged(
        _ input: borrowing PredictInput, _ arm: Int?, _ scratch: borrowing PredictionScratch,
        in log: PredictionLog
    ) -> LoggedPrediction? {
        guard !input.request.isBatch, log.admits() else { return nil }
        let rollout = arm == nil ? nil : route?.rollout
        let answering = rollout.map { $0.arm(arm ?? 0).served } ?? served
        let assignment = input.assignment
        // Compared is only who came to an arm by chance and was answered by it: a share tells
        // nothing of whom an operator sent, an experiment held back, or a fallback answered.
        let isCompared = assignment.isReported && arm == assignment.arm
        let key = input.request.key.isEmpty ? route?.key ?? [] : input.request.key
        return LoggedPrediction(
            id: id.text, at: Int64(Timestamp.now.milliseconds), model: answering.name,
            version: answering.version, arm: rollout?.name(ofArm: arm ?? 0) ?? "",
            key: key.isEmpty ? nil : key, keyHash: assignment.key.value,
            isSticky: assignment.isSticky, rollout: isCompared ? rollout?.id : nil,
            output: LoggedOutput(LoggedAnswer(answering, scratch)),
            features: features(input.request, log.features),
            share: rollout?.share(ofArm: assignment.arm) ?? 1)
    }

    /// The features that may be kept, as the request gave them.
    private func features(
        _ request: borrowing PredictRequest, _ allowed: Set<String>
    ) -> String? {
        guard !allowed.isEmpty else { return nil }
        let schema = served.model.schema
        var members: [JSONValue.Member] = []
        for (index, feature) in schema.features.enumerated() where allowed.contains(feature.name) {
            let value = schema.value(of: index, in: request.rows.span)
            members.append(.init(name: feature.name, value: value))
        }
        return JSONValue.object(members).text
    }
}

extension FeatureSchema {
    /// What the first of row-major rows holds: a number, a category that is known, or null. Texts
    /// are not kept.
    fileprivate func value(of index: Int, in rows: Span<Double>) -> JSONValue {
        let value = rows[index]
        guard value.isFinite else { return .null }
        switch features[index].kind {
        case .number: return .number(value)
        case .category(let dictionary):
            let code = Int(value)
            let values = dictionary.values
            return values.indices.contains(code) ? .string(values[code]) : .null
        case .text: return .null
        }
    }
}

extension ServedRollout {
    /// With what probability a key comes to an arm.
    func share(ofArm arm: Int) -> Double {
        if let split { return split.weights[arm].share * split.exposure.share }
        let share = candidates[0].routing.candidateWeight.share
        return arm == 0 ? 1 - share : share
    }
}

extension LoggedOutput {
    init(_ answer: LoggedAnswer) {
        if let label = answer.label {
            self = .probabilities(label: label, answer.outputs)
        } else {
            self = answer.outputs.first.map { .value($0) } ?? .none
        }
    }
}

extension LoggedPrediction {
    /// The same with the other version's answer.
    func beside(_ other: LoggedOutput, version: Int) -> LoggedPrediction {
        LoggedPrediction(
            id: id, at: at, model: model, version: self.version, arm: arm, key: key,
            keyHash: keyHash, isSticky: isSticky, rollout: rollout, output: output, other: other,
            otherVersion: version, features: features, share: share)
    }
}
