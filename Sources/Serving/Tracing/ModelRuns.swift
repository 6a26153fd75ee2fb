// SPDX-License-Identifier: Apache-2.0
import JSON
import Telemetry

/// When models computed for one request, noted while that is traced. In a rollout there may be two:
/// a candidate that has failed, and the stable version in its place.
struct ModelRuns: Sendable {
    private struct Run: Sendable {
        let served: ServedModel
        let rowCount: Int
        /// Monotonic.
        let start: UInt64
        let end: UInt64
        /// Why there was no answer.
        let problem: InputProblem?
    }

    private(set) var isRecording = false
    private var runs: [Run] = []

    mutating func begin() { isRecording = true }

    /// - Parameter start: monotonic, as `end`.
    mutating func note(
        _ served: ServedModel, _ rowCount: Int, start: UInt64, end: UInt64,
        _ problem: InputProblem? = nil
    ) {
        runs.append(
            Run(served: served, rowCount: rowCount, start: start, end: end, problem: problem))
    }

    /// Ends the recording.
    mutating func finish(of trace: RequestTrace, to batch: inout SpanBatch) {
        isRecording = false
        for (index, run) in runs.enumerated() {
            let span = trace.part(
                RequestTrace.Part.firstRun + index, start: run.start, end: run.end,
                hasFailed: run.problem != nil)
            batch.append(span, name: "model") { attributes in
                attributes.add("martlet.model.name", run.served.name)
                attributes.add("martlet.model.version", run.served.version)
                attributes.add("martlet.row_count", run.rowCount)
                attributes.add("martlet.prediction_id", trace.id)
                if let problem = run.problem { attributes.add("error.type", problem.slug) }
            }
        }
        runs.removeAll(keepingCapacity: true)
    }
}
