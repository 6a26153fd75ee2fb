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
    let pool: PredictBufferPool
    /// Keeps predictions for their labels, where that is wanted.
    let log: PredictionLog?
    /// `nil` where the request is not traced.
    let trace: WorkTrace?

    /// What a request costs that is too long, or coded, to be read on a loop.
    ///
    /// Nobody knows its rows before it is read; it is taken to hold as many as the shortest
    /// numbers would make. Should it ask for their explanations, which may cost a thousand times as
    /// much, it is deferred once more.
    static func predictedNanoseconds(
        textByteCount: Int, isGzip: Bool, _ served: ServedModel, _ coding: ResponseCoding
    ) -> Double {
        let rowCount = textByteCount / (4 * served.model.schema.count) + 1
        return RequestBody.readingNanoseconds(textByteCount: textByteCount, isGzip: isGzip)
            + served.rowCost.nanoseconds(rowCount: rowCount, explains: false, coding)
    }

    /// A request that is too long, or coded, to be read on a loop.
    func deferred(_ body: RequestBody) -> HTTPDisposition {
        let served = prediction.served
        let predicted = Self.predictedNanoseconds(
            textByteCount: body.textByteCount, isGzip: body.isGzip, served, coding)
        return deferred(predicted, body) { (buffers: inout PredictBuffers) throws(Problem) in
            // Taken out meanwhile, so that the text may be lent while the request changes.
            var text: [UInt8] = []
            swap(&text, &buffers.text)
            defer { swap(&text, &buffers.text) }
            if body.isGzip { try body.decode(to: &text) }
            do throws(InputProblem) {
                if body.isGzip {
                    try buffers.input.read(text.span, for: prediction)
                } else {
                    try buffers.input.read(body.bytes.span, for: prediction)
                }
            } catch {
                throw .input(error)
            }
        }
    }

    /// A request whose rows cost more than was known when it came.
    func deferred(_ input: PredictInput) -> HTTPDisposition {
        let predicted = prediction.served.rowCost.nanoseconds(
            rowCount: input.request.rowCount, explains: input.request.explains, coding)
        return deferred(predicted, nil) { $0.input = input }
    }

    /// The work goes on with the response that the loop began: route and fields are set.
    ///
    /// - Parameter body: what is still to be read; `nil` when it has been.
    private func deferred(
        _ predictedNanoseconds: Double, _ body: RequestBody?,
        _ makeRequest: @escaping @Sendable (inout PredictBuffers) throws(Problem) -> Void
    ) -> HTTPDisposition {
        let work = HTTPWork(
            predictedNanoseconds: predictedNanoseconds, deadlineNanoseconds: deadlineNanoseconds
        ) { response in
            var buffers = pool.take()
            if trace != nil { buffers.scratch.runs.begin() }
            defer {
                trace?.finish(&buffers.scratch.runs)
                pool.give(back: buffers)
            }
            do throws(Problem) {
                try makeRequest(&buffers)
                if body != nil, buffers.input.request.explains {
                    var input = PredictInput()
                    swap(&input, &buffers.input)
                    return deferred(input)
                }
                swap(&response.body, &buffers.answer)
                response.body.removeAll(keepingCapacity: true)
                let arm = try answer(buffers.input, &buffers.scratch, to: &response.body)
                prediction.tell(arm, &response)
                if let body, !body.isGzip {
                    prediction.keep(
                        buffers.input, arm, buffers.scratch, body.bytes.span, in: log)
                } else {
                    prediction.keep(
                        buffers.input, arm, buffers.scratch, buffers.text.span, in: log)
                }
                coding.apply(to: &response, leaving: &buffers.answer)
            } catch {
                if case .input(let problem) = error {
                    prediction.count(problem, buffers.input, shard: shard)
                }
                response.set(error, requestID: requestID.span)
            }
            return .answered
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
        _ input: borrowing PredictInput, _ scratch: inout PredictionScratch,
        to body: inout [UInt8]
    ) throws(Problem) -> Int? {
        do throws(InputProblem) {
            return try prediction.answer(input, &scratch, countedIn: shard, to: &body)
        } catch {
            throw .input(error)
        }
    }
}
