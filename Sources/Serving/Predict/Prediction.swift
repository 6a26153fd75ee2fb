// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Telemetry

/// Buffers of one prediction, reused from request to request; each is passed on by itself.
struct PredictionScratch: Sendable {
    var margins: [Double] = []
    var outputs: [Double] = []
    var texts = TextScratch()
    var runs = ModelRuns()
}

/// Runs a model on the rows of a request and writes the answer.
///
/// One row answers `{"prediction": …, "probabilities": {…}, "model": …, "model_version": …,
/// "prediction_id": …}`; many answer the first two members, row by row, under `predictions`.
struct Prediction {
    /// The version that answers; in a rollout the stable one.
    let served: ServedModel
    let id: Identifier
    /// Its way through a rollout; `nil` outside of one.
    var route: RoutedRequest?
    /// Who asks, to tell one client's change from a drift.
    var unit = DriftUnit.unknown

    /// Answers and counts.
    ///
    /// - Returns: the arm that has answered; `nil` outside of a rollout.
    /// - Throws: why there is no answer; `body` is then as it was, or not to be sent.
    func answer(
        _ input: borrowing PredictInput, _ scratch: inout PredictionScratch,
        countedIn shard: Int, to body: inout [UInt8]
    ) throws(InputProblem) -> Int? {
        if let route {
            return try answer(input, by: route, &scratch, countedIn: shard, to: &body)
        }
        _ = try answer(
            input.request, served, served.answerTail, &scratch, countedIn: shard, to: &body)
        return nil
    }

    private func unit(of request: borrowing PredictRequest) -> DriftUnit {
        request.key.isEmpty ? unit : DriftUnit(key: request.key.span.bytes)
    }

    /// Answers by one version and counts it.
    ///
    /// - Returns: how long it took, in nanoseconds.
    func answer(
        _ request: borrowing PredictRequest, _ served: ServedModel, _ tail: [UInt8],
        _ scratch: inout PredictionScratch, countedIn shard: Int, to body: inout [UInt8]
    ) throws(InputProblem) -> UInt64 {
        let start = MonotonicClock.nanoseconds()
        do throws(InputProblem) {
            try Self.append(request, served, tail, id, &scratch, to: &body)
        } catch {
            if scratch.runs.isRecording {
                let end = MonotonicClock.nanoseconds()
                scratch.runs.note(served, request.rowCount, start: start, end: end, error)
            }
            throw error
        }
        let elapsed = MonotonicClock.nanoseconds() - start
        if scratch.runs.isRecording {
            scratch.runs.note(served, request.rowCount, start: start, end: start + elapsed)
        }
        served.instruments.record(
            rowCount: request.rowCount, nanoseconds: Int(truncatingIfNeeded: elapsed), shard: shard)
        if let drift = served.drift {
            drift.count(
                request, margins: scratch.margins, unit: unit(of: request), shard: shard,
                &scratch.outputs)
        }
        return elapsed
    }

    /// - Throws: `notExplainable`, or `predictionNotFinite` naming the first such row; `body` is
    ///   then not to be sent.
    static func append(
        _ request: borrowing PredictRequest, _ served: ServedModel, _ tail: [UInt8],
        _ id: Identifier, _ scratch: inout PredictionScratch, to body: inout [UInt8]
    ) throws(InputProblem) {
        let model = served.model
        guard !request.explains || model.isExplainable else { throw .notExplainable }
        scratch.margins.removeAll(keepingCapacity: true)
        model.appendMargins(
            of: request.rows.span, texts: request.texts, &scratch.texts, to: &scratch.margins)
        if let index = scratch.margins.firstIndex(where: { !$0.isFinite }) {
            throw notFinite(row: index / model.output.marginCount, request)
        }
        if request.isBatch {
            body.append("{\"predictions\":[")
            for row in 0..<request.rowCount {
                body.append(row == 0 ? "{" : ",{")
                try appendRow(
                    row, request, served, scratch.margins, &scratch.outputs, to: &body)
                body.append(0x7D)
            }
            body.append(0x5D)
        } else {
            body.append(0x7B)
            try appendRow(0, request, served, scratch.margins, &scratch.outputs, to: &body)
        }
        body.append(copying: tail)
        id.append(to: &body)
        body.append("\"}\n")
    }

    private static func appendRow(
        _ row: Int, _ request: borrowing PredictRequest, _ served: ServedModel,
        _ margins: [Double], _ outputs: inout [Double], to body: inout [UInt8]
    ) throws(InputProblem) {
        let output = served.model.output
        let start = row * output.marginCount
        var explained = 0
        outputs.removeAll(keepingCapacity: true)
        output.appendOutputs(margins.span, at: start, to: &outputs)
        // `exp` of a finite margin may overflow.
        for value in outputs where !value.isFinite { throw notFinite(row: row, request) }
        if case .regression = output.task {
            body.append("\"prediction\":")
            body.appendJSON(outputs[0])
        } else if case .clusters = output.task {
            explained = output.predictedIndex(margins.span, at: start)
            appendCluster(explained, distances: outputs, to: &body)
        } else {
            let index = output.predictedIndex(margins.span, at: start)
            if output.marginCount > 1 { explained = index }
            // Room once for all: an array asks many questions at each append.
            body.append(addingCapacity: served.probabilitiesByteCountMax) { body in
                body.append(copying: served.predictionStarts[index])
                for label in outputs.indices {
                    body.append(copying: served.probabilityStarts[label])
                    body.appendJSON(outputs[label])
                }
                body.append(0x7D)
            }
        }
        if request.explains {
            let width = served.model.schema.count
            let isExplained = appendExplanation(
                served, of: request.rows.span.extracting((row * width)..<((row + 1) * width)),
                texts: request.texts, margin: explained, to: &body)
            guard isExplained else { throw notFinite(row: row, request) }
        }
    }

    private static func notFinite(row: Int, _ request: borrowing PredictRequest) -> InputProblem {
        .predictionNotFinite(path: request.isBatch ? "$.instances[\(row)]" : "$.features")
    }

    private static func appendCluster(_ index: Int, distances: [Double], to body: inout [UInt8]) {
        body.append("\"prediction\":")
        body.appendJSON(index)
        body.append(",\"distances\":")
        for (cluster, distance) in distances.enumerated() {
            body.append(cluster == 0 ? 0x5B : 0x2C)
            body.appendJSON(distance)
        }
        body.append(0x5D)
    }

    /// The margin's parts: what stands without any feature, and what each feature adds.
    ///
    /// - Returns: whether there are any; parts that are not finite are none.
    private static func appendExplanation(
        _ served: ServedModel, of row: Span<Double>, texts: borrowing RowTexts, margin: Int,
        to body: inout [UInt8]
    ) -> Bool {
        guard let explanation = served.model.explanation(of: row, texts: texts, output: margin)
        else { return false }
        body.append(",\"explanation\":{\"base\":")
        body.appendJSON(explanation.base)
        body.append(",\"contributions\":")
        for (index, contribution) in explanation.contributions.enumerated() {
            body.append(index == 0 ? 0x7B : 0x2C)
            body.appendJSON(served.model.schema.features[index].name)
            body.append(0x3A)
            body.appendJSON(contribution)
        }
        body.append("}}")
        return true
    }
}
