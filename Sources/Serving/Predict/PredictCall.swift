// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP1
import Models
import Telemetry

/// One prediction with its metrics, on a loop or deferred.
struct PredictCall: Sendable {
    let prediction: Prediction

    func answer(
        _ request: borrowing PredictRequest, _ scratch: inout PredictionScratch, shard: Int,
        to body: inout [UInt8]
    ) throws(InputProblem) {
        let start = Self.nanoseconds()
        try prediction.answer(request, &scratch, to: &body)
        let instruments = prediction.served.instruments
        instruments.predictions[shard].add(request.rowCount)
        instruments.durations[shard].observe(nanoseconds: Self.nanoseconds() - start)
    }

    /// A request too long to be read on a loop.
    func deferred(
        body: [UInt8], requestID: [UInt8], shard: Int, predictedNanoseconds: Double
    ) -> HTTPDisposition {
        deferred(requestID, shard, predictedNanoseconds) { () throws(InputProblem) in
            var request = PredictRequest()
            try request.read(body.span, schema: prediction.served.model.schema)
            return request
        }
    }

    /// A request whose rows cost too much to be predicted on a loop.
    func deferred(
        _ request: PredictRequest, requestID: [UInt8], shard: Int, predictedNanoseconds: Double
    ) -> HTTPDisposition {
        deferred(requestID, shard, predictedNanoseconds) { request }
    }

    /// The work goes on with the response that the loop began: route and fields are set.
    private func deferred(
        _ requestID: [UInt8], _ shard: Int, _ predictedNanoseconds: Double,
        _ makeRequest: @escaping @Sendable () throws(InputProblem) -> PredictRequest
    ) -> HTTPDisposition {
        let work = HTTPWork(predictedNanoseconds: predictedNanoseconds) { response in
            do throws(InputProblem) {
                var scratch = PredictionScratch()
                try answer(try makeRequest(), &scratch, shard: shard, to: &response.body)
            } catch {
                prediction.served.instruments.countError(error.slug, shard: shard)
                response.set(.input(error), requestID: requestID.span)
            }
        }
        return .deferred(work)
    }

    private static func nanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
