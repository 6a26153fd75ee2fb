// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Telemetry

/// Buffers of one prediction, reused from request to request; each is passed on by itself.
struct PredictionScratch: Sendable {
    var margins: [Double] = []
    var outputs: [Double] = []
    var texts = TextScratch()
}

/// Runs a model on the rows of a request and writes the answer.
///
/// One row answers `{"prediction": …, "probabilities": {…}, "model": …, "model_version": …,
/// "prediction_id": …}`; many answer the first two members, row by row, under `predictions`.
struct Prediction {
    let served: ServedModel
    let id: Identifier
    /// Who asks, to tell one client's change from a drift.
    var unit = DriftUnit.unknown

    /// Answers and counts.
    func answer(
        _ request: borrowing PredictRequest, _ scratch: inout PredictionScratch,
        countedIn shard: Int, to body: inout [UInt8]
    ) throws(InputProblem) {
        let start = MonotonicClock.nanoseconds()
        try answer(request, &scratch, to: &body)
        let elapsed = Int(truncatingIfNeeded: MonotonicClock.nanoseconds() - start)
        served.instruments.record(rowCount: request.rowCount, nanoseconds: elapsed, shard: shard)
        served.drift?.count(
            request, margins: scratch.margins, unit: unit, shard: shard, &scratch.outputs)
    }

    /// - Throws: `notExplainable`, or `predictionNotFinite` naming the first such row; `body` is
    ///   then not to be sent.
    func answer(
        _ request: borrowing PredictRequest, _ scratch: inout PredictionScratch,
        to body: inout [UInt8]
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
                try appendRow(row, request, scratch.margins, &scratch.outputs, to: &body)
                body.append(0x7D)
            }
            body.append(0x5D)
        } else {
            body.append(0x7B)
            try appendRow(0, request, scratch.margins, &scratch.outputs, to: &body)
        }
        body.append(copying: served.answerTail)
        id.append(to: &body)
        body.append("\"}\n")
    }

    private func appendRow(
        _ row: Int, _ request: borrowing PredictRequest, _ margins: [Double],
        _ outputs: inout [Double], to body: inout [UInt8]
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
                of: request.rows.span.extracting((row * width)..<((row + 1) * width)),
                texts: request.texts, margin: explained, to: &body)
            guard isExplained else { throw notFinite(row: row, request) }
        }
    }

    private func notFinite(row: Int, _ request: borrowing PredictRequest) -> InputProblem {
        .predictionNotFinite(path: request.isBatch ? "$.instances[\(row)]" : "$.features")
    }

    private func appendCluster(_ index: Int, distances: [Double], to body: inout [UInt8]) {
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
    private func appendExplanation(
        of row: Span<Double>, texts: borrowing RowTexts, margin: Int, to body: inout [UInt8]
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
