// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Telemetry

/// The trace of a request whose answer is made elsewhere than on a loop: its spans go straight to
/// where they wait to be exported.
struct WorkTrace: Sendable {
    let trace: RequestTrace
    let buffer: SpanBuffer

    /// Ends the recording of the models' runs.
    func finish(_ runs: inout ModelRuns) {
        var batch = SpanBatch()
        runs.finish(of: trace, to: &batch)
        buffer.append(batch)
    }

    /// The work, with the time that it waited and the whole request as spans when it is done.
    /// Work that nobody waits for any more has none.
    func following(
        _ work: HTTPWork, _ texts: RequestTrace.Texts, scheme: StaticString
    ) -> HTTPWork {
        follow(work, texts, scheme: scheme, waitingSince: MonotonicClock.nanoseconds())
    }

    /// - Parameter handOver: `nil` for work that goes on, which does not wait again.
    private func follow(
        _ work: HTTPWork, _ texts: RequestTrace.Texts, scheme: StaticString,
        waitingSince handOver: UInt64?
    ) -> HTTPWork {
        var followed = work
        followed.run = { response in
            let begin = MonotonicClock.nanoseconds()
            var batch = SpanBatch()
            if let handOver { batch.appendQueue(of: trace, from: handOver, to: begin) }
            defer { buffer.append(batch) }
            if case .deferred(let more) = work.run(&response) {
                return .deferred(follow(more, texts, scheme: scheme, waitingSince: nil))
            }
            batch.append(
                trace, texts, scheme: scheme, response, end: MonotonicClock.nanoseconds())
            return .answered
        }
        followed.refuse = { refusal, response in
            work.refuse(refusal, &response)
            let end = MonotonicClock.nanoseconds()
            var batch = SpanBatch()
            if let handOver, refusal == .expired {
                batch.appendQueue(of: trace, from: handOver, to: end)
            }
            batch.append(trace, texts, scheme: scheme, response, end: end)
            buffer.append(batch)
        }
        return followed
    }
}
