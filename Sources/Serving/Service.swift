// SPDX-License-Identifier: Apache-2.0
package import HTTP1
import JSON
import Logging
import Models
import Telemetry

/// The whole API: a function from a request to a response, over a set of models.
///
/// One for each loop, used only there. It opens no socket, reads no file and waits for nothing;
/// what would hold a loop up it defers.
package final class Service {
    /// Predicted work above which a loop hands a request to the compute queue.
    private static let loopNanosecondsMax = 200_000.0
    /// What reading a byte of JSON costs at most.
    private static let bodyByteNanoseconds = 4.0

    package static var routeLabels: [String] { Route.labels }

    private let context: ServiceContext
    private let shard: Int
    private var set = ServingSet.empty(fault: "the registry has not been read yet")
    private var identifiers = IdentifierSource()
    private var predictRequest = PredictRequest()
    private var scratch = PredictionScratch()
    private var requestID: [UInt8] = []

    package init(context: ServiceContext, shard: Int) {
        self.context = context
        self.shard = shard
        requestID.reserveCapacity(128)
    }

    /// Serves `set` from now on.
    ///
    /// - Returns: the set before, for the caller to let go of where that may take its time.
    package func receive(_ set: ServingSet) -> ServingSet {
        defer { self.set = set }
        return self.set
    }

    package func respond(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, _ context: HTTPRequestContext,
        _ response: inout HTTPResponse
    ) -> HTTPDisposition {
        let id = identifiers.next()
        setRequestID(id, request, message)
        let requestID = requestID
        do throws(Problem) {
            let disposition = try answer(request, message, id, &response)
            response.appendField("X-Request-Id", requestID.span)
            return disposition
        } catch {
            response.set(error, requestID: requestID.span)
            response.appendField("X-Request-Id", requestID.span)
            logIfServerFault(request, message, id, response.status, error)
            return .answered
        }
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
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, _ id: Identifier,
        _ response: inout HTTPResponse
    ) throws(Problem) -> HTTPDisposition {
        guard let route = Route(request.path, in: message) else { throw .noSuchRoute }
        response.route = route.labelIndex
        try checkMethod(request.method, route)
        switch route {
        case .predict:
            guard let model = set.defaultModel else {
                throw .noDefaultModel(served: set.servedNames)
            }
            return try predict(model, request, message, id, &response)
        case .predictModel(let name):
            return try predict(try set.primary(name, message), request, message, id, &response)
        case .predictVersion(let name, let version):
            let model = try set.version(name, version, message)
            return try predict(model, request, message, id, &response)
        case .predictAlias(let name, let alias):
            let model = try set.alias(name, alias, message)
            return try predict(model, request, message, id, &response)
        case .livez:
            HealthReport.answerLiveness(isAlive: context.isAlive(), &response)
        case .readyz, .healthz:
            HealthReport(set: set, isDraining: context.isDraining()).answer(&response)
        case .version: response.body += context.versionDocument
        case .metrics: return scrape(request, message)
        case .models: set.catalogueDocument().append(to: &response.body)
        case .model(let name):
            try set.modelDocument(name, message).append(to: &response.body)
        case .modelVersion(let name, let version):
            try set.versionDocument(name, version, message).append(to: &response.body)
        }
        return .answered
    }

    private func checkMethod(_ method: HTTPMethod, _ route: Route) throws(Problem) {
        let isAllowed =
            switch route.allowed {
            case .get: method == .get || method == .head
            case .post: method == .post
            }
        guard isAllowed else { throw .methodNotAllowed(allowed: route.allowed) }
    }

    private func scrape(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>
    ) -> HTTPDisposition {
        let isOpen =
            request[.accept].map { MediaType.prefersOpenMetrics($0, in: message) } ?? false
        let metrics = context.metrics
        let work = HTTPWork(predictedNanoseconds: nil) { response in
            response.contentType = isOpen ? .openMetrics : .prometheusText
            (isOpen ? TextExposition.openMetrics : .prometheus)
                .append(metrics, to: &response.body)
        }
        return .deferred(work)
    }

    private func predict(
        _ served: ServedModel, _ request: borrowing HTTPRequest, _ message: Span<UInt8>,
        _ id: Identifier, _ response: inout HTTPResponse
    ) throws(Problem) -> HTTPDisposition {
        guard let type = request[.contentType], MediaType.isJSON(type, in: message) else {
            throw .unsupportedMediaType
        }
        guard request[.contentEncoding] == nil else { throw .unsupportedContentCoding }
        let call = PredictCall(prediction: Prediction(served: served, id: id))
        let readingCost = Double(request.body.count) * Self.bodyByteNanoseconds
        if readingCost > Self.loopNanosecondsMax {
            let body = request.body.map { message[$0] }
            return call.deferred(
                body: body, requestID: requestID, shard: context.metrics.sharedShard,
                predictedNanoseconds: readingCost)
        }
        do throws(InputProblem) {
            try predictRequest.read(message.extracting(request.body), schema: served.model.schema)
            let cost = Double(predictRequest.rowCount) * served.rowCostNanoseconds
            if cost > Self.loopNanosecondsMax {
                return call.deferred(
                    predictRequest, requestID: requestID, shard: context.metrics.sharedShard,
                    predictedNanoseconds: cost)
            }
            try call.answer(predictRequest, &scratch, shard: shard, to: &response.body)
            return .answered
        } catch {
            served.instruments.countError(error.slug, shard: shard)
            throw .input(error)
        }
    }

    /// One line for each answer that is this server's fault, with the ids to find it by.
    private func logIfServerFault(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, _ id: Identifier,
        _ status: HTTPStatus, _ problem: Problem
    ) {
        guard status.code >= 500 else { return }
        let parent = request[.traceparent].flatMap { TraceParent($0, in: message) }
        context.logger.warning(
            "request not answered",
            metadata: [
                "request_id": "\(String(decoding: requestID, as: UTF8.self))",
                "trace_id": "\((parent?.traceID ?? id).text)",
                "span_id": "\(String(id.text.suffix(16)))", "status": "\(status.code)",
                "reason": "\(problem.wire.slug)", "detail": "\(problem.wire.detail)",
            ])
    }
}
