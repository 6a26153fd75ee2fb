// SPDX-License-Identifier: Apache-2.0
package import HTTP1
import JSON
import Models
import Telemetry

/// The whole API: a function from a request to a response, over a set of models.
///
/// One for each loop, used only there. It opens no socket, reads no file and waits for nothing;
/// what would hold a loop up it defers.
package final class Service {
    /// Predicted work above which a loop hands a request to the compute queue.
    private static let loopNanosecondsMax = 200_000.0

    package static var routeLabels: [String] { Route.labels }

    /// What predictions are answered with: how many of them fail is asked of rates, which need a
    /// count to begin at 0.
    package static var expectedAnswers: [(method: HTTPMethod, route: Int, statuses: [HTTPStatus])] {
        Route.predictions.map {
            (
                .post, $0,
                [
                    .ok, .unprocessableContent, .tooManyRequests, .internalServerError,
                    .serviceUnavailable, .gatewayTimeout,
                ]
            )
        }
    }

    let context: ServiceContext
    private let shard: Int
    private(set) var set = ServingSet.empty(fault: "the registry has not been read yet")
    private var identifiers = IdentifierSource()
    private var predictInput = PredictInput()
    var scratch = PredictionScratch()
    private(set) var requestID: [UInt8] = []
    let gate: AccessGate
    /// The digits of a request's identifier, for the access log.
    private var digits: [UInt8] = []
    private var health = RecentHealth()
    /// What was sent for the last problem: under a flood the next is mostly the same.
    private var lastProblem: ProblemDocument?
    /// `nil` where no request is traced.
    var tracer: Tracer?
    /// Of the request that is being answered; `nil` if it is not sampled.
    private(set) var trace: RequestTrace?
    /// Requests that came with no time left; the queue counts those whose time runs out there.
    let shedAsExpired: Counter.Cell

    package init(context: ServiceContext, shard: Int) {
        self.context = context
        self.shard = shard
        gate = AccessGate(context.access)
        requestID.reserveCapacity(128)
        tracer = context.tracing.map { Tracer($0, metrics: context.metrics, shard: shard) }
        shedAsExpired =
            context.metrics.counter(
                "requests_shed_total", "Requests not worked on, by reason.",
                ["reason": "expired"])[shard]
    }

    /// Serves `set` from now on.
    ///
    /// - Returns: the set before, for the caller to let go of where that may take its time.
    package func receive(_ set: ServingSet) -> ServingSet {
        defer {
            self.set = set
            health.invalidate()
        }
        return self.set
    }

    package func respond(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, _ context: HTTPRequestContext,
        _ response: inout HTTPResponse
    ) -> HTTPDisposition {
        let id = identifiers.next()
        setRequestID(id, request, message)
        guard tracer != nil else { return respond(request, message, context, id, &response) }
        trace = tracer?.begin(request, message, id, nanoseconds: context.nanoseconds)
        let disposition = respond(request, message, context, id, &response)
        guard let trace else { return disposition }
        self.trace = nil
        return finish(trace, disposition, response)
    }

    private func respond(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, _ context: HTTPRequestContext,
        _ id: Identifier, _ response: inout HTTPResponse
    ) -> HTTPDisposition {
        let coding = ResponseCoding(
            AcceptedCoding(request, in: message), smallest: self.context.compressionBytesMin)
        let requestID = requestID
        do throws(Problem) {
            if context.isLogged { appendNames(of: request, message, id, to: &response.log) }
            let disposition = try answer(request, message, context, id, coding, &response)
            if !context.isLogged, case .deferred = disposition {
                // Its status, which may be an error, is not known yet.
                appendNames(of: request, message, id, to: &response.log)
            }
            response.appendField("X-Request-Id", requestID.span)
            return disposition
        } catch {
            if !context.isLogged, error.wire.status.isServerError {
                appendNames(of: request, message, id, to: &response.log)
            }
            set(error, requestID, &response)
            response.appendField("X-Request-Id", requestID.span)
            return .answered
        }
    }

    private func set(_ problem: Problem, _ requestID: [UInt8], _ response: inout HTTPResponse) {
        if let document = lastProblem, document.problem == problem {
            return response.set(document, requestID: requestID.span)
        }
        let document = ProblemDocument(problem)
        response.set(document, requestID: requestID.span)
        lastProblem = document
    }

    /// Takes over a client's id if it is one (1 to 128 visible ASCII), or makes one.
    private func setRequestID(
        _ id: Identifier, _ request: borrowing HTTPRequest, _ message: Span<UInt8>
    ) {
        requestID.removeAll(keepingCapacity: true)
        if let range = request[.xRequestID], 1...128 ~= range.count {
            for index in range {
                let byte = message[index]
                guard 0x21...0x7E ~= byte, byte != 0x22, byte != 0x5C else {
                    requestID.removeAll(keepingCapacity: true)
                    break
                }
                requestID.append(byte)
            }
        }
        if requestID.isEmpty { id.append(to: &requestID) }
    }

    private func answer(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, _ context: HTTPRequestContext,
        _ id: Identifier, _ coding: ResponseCoding, _ response: inout HTTPResponse
    ) throws(Problem) -> HTTPDisposition {
        let route = Route(request.path, in: message)
        // Before anything that a client could ask for without end, mistakes included.
        if route?.isForOperators != true { try checkLimits(context) }
        if isAboutServer(request, message) {
            guard request.method == .options else { throw .methodNotAllowed(allowed: .any) }
            response.answerOptions(.any)
            return .answered
        }
        guard let route else { throw .noSuchRoute }
        response.route = route.labelIndex
        let caller = try authorize(route, request, message, context)
        if request.method == .options {
            response.answerOptions(route.allowed)
            return .answered
        }
        try checkMethod(request.method, route)
        try checkSite(route, request, message)
        try checkAccept(route, request, message, coding)
        switch route {
        case .predict, .predictModel, .predictVersion, .predictAlias:
            let model = try model(route, message)
            var prediction = Prediction(
                served: model, id: id, unit: unit(of: request, message, context))
            if !set.rollouts.isEmpty {
                try setRoute(of: &prediction, route, request, message, context)
            }
            return try predict(prediction, request, message, context, coding, &response)
        case .livez:
            HealthReport.answerLiveness(isAlive: self.context.isAlive(), &response)
            return .answered
        case .readyz, .healthz:
            health.answer(
                set, isDraining: self.context.isDraining(), nanoseconds: context.nanoseconds,
                &response)
            return .answered
        case .version: response.body += self.context.versionDocument
        case .metrics: return scrape(request, message, coding)
        case .models: set.catalogueDocument().append(to: &response.body)
        case .model(let name):
            try set.modelDocument(name, message).append(to: &response.body)
        case .modelVersion(let name, let version):
            try set.versionDocument(name, version, message).append(to: &response.body)
        case .modelQuality(let name):
            return try answerQuality(of: set.entry(name, message).name, coding)
        case .modelDrift(let name):
            return try answerDrift(of: set.entry(name, message).name, coding)
        case .feedback: return try answerFeedback(request, message, coding)
        case .asset(let asset): response.set(asset)
        case .openAPI: return answerOpenAPI(coding)
        case .rollouts:
            return try answerRollouts(request, message, actor: caller.actor, coding)
        case .rollout(let id, let verb):
            return try answerRollout(
                id, verb, request, message, actor: caller.actor, coding)
        }
        return coded(response, coding)
    }

    /// What a loop has answered, coded elsewhere if it is to be. A probe's answer never is: it
    /// would wait behind predictions.
    private func coded(
        _ response: borrowing HTTPResponse, _ coding: ResponseCoding
    ) -> HTTPDisposition {
        guard coding.applies(to: response) else { return .answered }
        return coding.deferred(response, requestID: requestID)
    }

    /// The model that a prediction route names.
    private func model(_ route: Route, _ message: Span<UInt8>) throws(Problem) -> ServedModel {
        switch route {
        case .predictModel(let name): return try set.primary(name, message)
        case .predictVersion(let name, let version):
            return try set.version(name, version, message)
        case .predictAlias(let name, let alias): return try set.alias(name, alias, message)
        default:
            guard let model = set.defaultModel else {
                throw .noDefaultModel(served: set.servedNames)
            }
            return model
        }
    }

    private func scrape(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, _ coding: ResponseCoding
    ) -> HTTPDisposition {
        // Plain text where the client does not care.
        let isOpen =
            Accept.weight(of: .openMetrics, for: request, in: message)
            > Accept.weight(of: .prometheusText, for: request, in: message)
        let metrics = context.metrics
        let work = HTTPWork(express: { response in
            response.contentType = isOpen ? .openMetrics : .prometheusText
            (isOpen ? TextExposition.openMetrics : .prometheus)
                .append(metrics, to: &response.body)
            coding.apply(to: &response)
        })
        return .deferred(work)
    }

    private func predict(
        _ prediction: Prediction, _ request: borrowing HTTPRequest, _ message: Span<UInt8>,
        _ context: HTTPRequestContext, _ coding: ResponseCoding, _ response: inout HTTPResponse
    ) throws(Problem) -> HTTPDisposition {
        let served = prediction.served
        guard let type = request[.contentType], MediaType.isJSON(type, in: message) else {
            throw .unsupportedMediaType
        }
        let contentCoding = ContentCoding(request, in: message)
        if contentCoding == .unsupported { throw .unsupportedContentCoding }
        let deadline = try deadline(request, message, context)
        if context.isLogged, prediction.route == nil {
            appendPrediction(by: served, to: &response.log)
        }
        let readingCost = Double(request.body.count) * RequestBody.byteNanoseconds
        if contentCoding == .gzip || readingCost > Self.loopNanosecondsMax {
            // Before anything of the body is looked at or copied but its end.
            let textByteCount = RequestBody.leastTextByteCount(
                message.extracting(request.body), isGzip: contentCoding == .gzip,
                byteCountMax: self.context.bodyBytesMax)
            try checkRoom(
                PredictCall.predictedNanoseconds(
                    textByteCount: textByteCount, isGzip: contentCoding == .gzip, served, coding),
                context)
            let call = call(prediction, coding, deadline)
            let body = RequestBody(
                bytes: message.extracting(request.body).withUnsafeBufferPointer(Array.init),
                isGzip: contentCoding == .gzip, byteCountMax: self.context.bodyBytesMax)
            return call.deferred(body)
        }
        do throws(InputProblem) {
            try predictInput.read(message.extracting(request.body), for: prediction)
            let cost = predictInput.assigned(by: prediction).rowCost.nanoseconds(
                rowCount: predictInput.request.rowCount, explains: predictInput.request.explains)
            if readingCost + cost > Self.loopNanosecondsMax {
                let call = call(prediction, coding, deadline)
                // A rollout may want the text again.
                guard prediction.route != nil else { return call.deferred(predictInput) }
                return call.deferred(
                    RequestBody(
                        bytes: message.extracting(request.body).withUnsafeBufferPointer(Array.init),
                        isGzip: false, byteCountMax: self.context.bodyBytesMax))
            }
            if trace != nil { scratch.runs.begin() }
            let arm = try prediction.answer(
                predictInput, &scratch, countedIn: shard, to: &response.body)
            prediction.tell(arm, &response)
            prediction.keep(
                predictInput, arm, scratch, message.extracting(request.body),
                in: self.context.feedback?.log)
            return coded(response, coding)
        } catch {
            prediction.count(error, predictInput, shard: shard)
            throw .input(error)
        }
    }

    private func call(
        _ prediction: Prediction, _ coding: ResponseCoding, _ deadlineNanoseconds: UInt64?
    ) -> PredictCall {
        PredictCall(
            prediction: prediction, requestID: requestID, coding: coding,
            shard: context.metrics.sharedShard, deadlineNanoseconds: deadlineNanoseconds,
            pool: context.predictBuffers, log: context.feedback?.log,
            trace: trace.flatMap { tracer?.workTrace(of: $0) })
    }

    /// Says in the access log which request this is: its trace is the one that it came with, or
    /// begins here.
    private func appendNames(
        of request: borrowing HTTPRequest, _ message: Span<UInt8>, _ id: Identifier,
        to log: inout LogMembers
    ) {
        digits.removeAll(keepingCapacity: true)
        id.append(to: &digits)
        let digits = digits
        let requestID = requestID
        let span = digits.span.extracting(last: 16)
        if let range = request[.traceparent], TraceParent(range, in: message) != nil {
            let trace = message.extracting(TraceParent.traceIDRange(in: range))
            log.append(requestID: requestID.span, traceID: trace, spanID: span)
        } else {
            log.append(requestID: requestID.span, traceID: digits.span, spanID: span)
        }
        if trace != nil { log.appendSampledFlag() }
    }

    /// Says in the access log what answers a prediction.
    private func appendPrediction(by served: ServedModel, to log: inout LogMembers) {
        let digits = digits
        log.append(model: served.logMembers, predictionID: digits.span)
    }
}
