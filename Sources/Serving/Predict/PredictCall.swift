// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Models
import Telemetry

/// One prediction that is made elsewhere than on a loop.
struct PredictCall: Sendable {
    let prediction: Prediction
    let requestID: [UInt8]
    let coding: ResponseCoding
    /// Where deferred work counts.
    let shard: Int
    let deadlineNanoseconds: UInt64?

    /// A request that is too long, or coded, to be read on a loop.
    ///
    /// Nobody knows its rows before it is read; it is taken to hold as many as the shortest
    /// numbers would make, and to ask for their explanations.
    func deferred(_ body: RequestBody) -> HTTPDisposition {
        let served = prediction.served
        let rowCount = body.textByteCount / (4 * served.model.schema.count) + 1
        let predicted =
            body.readingNanoseconds
            + served.rowCost.nanoseconds(rowCount: rowCount, explains: true, coding)
        return deferred(predicted) { () throws(Problem) in
            let text = try body.text()
            var request = PredictRequest()
            do throws(InputProblem) {
                try request.read(text.span, schema: served.model.schema)
            } catch {
                throw .input(error)
            }
            return request
        }
    }

    /// A request whose rows cost too much to be predicted on a loop.
    func deferred(_ request: PredictRequest) -> HTTPDisposition {
        let predicted = prediction.served.rowCost.nanoseconds(
            rowCount: request.rowCount, explains: request.explains, coding)
        return deferred(predicted) { request }
    }

    /// The work goes on with the response that the loop began: route and fields are set.
    private func deferred(
        _ predictedNanoseconds: Double,
        _ makeRequest: @escaping @Sendable () throws(Problem) -> PredictRequest
    ) -> HTTPDisposition {
        let work = HTTPWork(
            predictedNanoseconds: predictedNanoseconds, deadlineNanoseconds: deadlineNanoseconds
        ) { response in
            do throws(Problem) {
                let request = try makeRequest()
                try answer(request, to: &response.body)
                coding.apply(to: &response)
            } catch {
                if case .input(let problem) = error {
                    prediction.served.instruments.countError(problem.slug, shard: shard)
                }
                response.set(error, requestID: requestID.span)
            }
        } refuse: { refusal, response in
            switch refusal {
            case .overloaded(let seconds):
                response.set(
                    .overloaded(retryAfterSeconds: seconds), requestID: requestID.span)
            case .expired: response.set(.deadlineExceeded, requestID: requestID.span)
            }
        }
        return .deferred(work)
    }

    private func answer(
        _ request: borrowing PredictRequest, to body: inout [UInt8]
    ) throws(Problem) {
        var scratch = PredictionScratch()
        do throws(InputProblem) {
            try prediction.answer(request, &scratch, countedIn: shard, to: &body)
        } catch {
            throw .input(error)
        }
    }
}
