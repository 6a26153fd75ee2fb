// SPDX-License-Identifier: Apache-2.0
import HTTP1
package import Serving
import Zlib

/// A receiver of spans by OTLP over HTTP, in JSON.
package struct TraceCollector: Sendable {
    /// Where spans go at a collector of which only the address is given.
    private static let standardTarget = "/v1/traces"
    /// Less than that fits into a packet as it is.
    private static let compressionBytesMin = 1024

    private let exchange: HTTPExchange
    private let fields: [(name: String, value: String)]
    private let document: OTLPDocument
    private let instruments: TraceInstruments

    /// - Parameter fields: what goes with each request, such as a key.
    package init(
        _ exchange: HTTPExchange, fields: [(name: String, value: String)],
        _ document: OTLPDocument, _ instruments: TraceInstruments
    ) {
        self.exchange = exchange
        self.fields = fields
        self.document = document
        self.instruments = instruments
    }

    /// For logs: without the path, in which a service's key may stand.
    package var origin: String { exchange.url.origin }

    /// Blocks until the collector has answered, or its time is over.
    package func deliver(_ batch: SpanBatch) -> DeliveryOutcome {
        var body = document.body(of: batch)
        var fields = fields
        if body.count >= Self.compressionBytesMin, let coded = try? Gzip.compress(body, level: 1) {
            body = coded
            fields.append(("Content-Encoding", "gzip"))
        }
        let target = exchange.url.target == "/" ? Self.standardTarget : exchange.url.target
        do throws(ExchangeError) {
            let response = try exchange.send("POST", target, fields: fields, body: body)
            // What may be tried again is the specification's list, and no more.
            let outcome = DeliveryOutcome(response) { [429, 502, 503, 504].contains($0) }
            if outcome == .delivered {
                let rejected = min(batch.count, OTLPDocument.rejectedCount(in: response.body))
                instruments.countTaken(batch.count, rejected: rejected)
            }
            return outcome
        } catch {
            return .failed(reason: "\(error)", retryAfterSeconds: nil)
        }
    }
}
