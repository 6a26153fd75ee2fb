// SPDX-License-Identifier: Apache-2.0
import HTTP1
import OpenSSL
import Serving
import Telemetry

/// A receiver of events over HTTP.
package struct Webhook: Sendable {
    private let exchange: HTTPExchange
    private let format: WebhookFormat
    private let secret: [UInt8]?

    /// - Parameter secret: the key of the signature; `nil` for none.
    package init(_ exchange: HTTPExchange, format: WebhookFormat, secret: [UInt8]?) {
        self.exchange = exchange
        self.format = format
        self.secret = secret
    }

    /// For logs: without the path, in which a service's key may stand.
    package var origin: String { exchange.url.origin }

    /// Blocks until the receiver has answered, or its time is over.
    ///
    /// - Parameter spans: where the attempt leaves a span, of which the receiver may have others be
    ///   a part; `nil` for none.
    func deliver(
        _ event: ServiceEvent, unixSeconds: Int, spans: SpanBuffer?
    ) -> DeliveryOutcome {
        guard let spans else { return deliver(event, unixSeconds: unixSeconds) }
        var identifiers = IdentifierSource()
        let context = SpanContext(root: identifiers.next())
        let start = MonotonicClock.nanoseconds()
        let outcome = deliver(event, unixSeconds: unixSeconds, context)
        var texts: [(key: StaticString, value: String)] = [
            ("http.request.method", "POST"), ("server.address", exchange.url.host),
            ("martlet.event.kind", event.kind.rawValue), ("martlet.event.id", event.id),
        ]
        switch outcome {
        case .delivered: break
        case .failed(let reason, _), .refused(let reason): texts.append(("error.type", reason))
        }
        spans.append(
            "POST", context, .client, start: start, end: MonotonicClock.nanoseconds(),
            hasFailed: outcome != .delivered, texts: texts,
            numbers: [("server.port", Int(exchange.url.port))])
        return outcome
    }

    private func deliver(
        _ event: ServiceEvent, unixSeconds: Int, _ context: SpanContext? = nil
    ) -> DeliveryOutcome {
        let body = format.body(event)
        var fields: [(name: String, value: String)] = []
        if let context { fields.append(("traceparent", context.traceParent)) }
        if event.id.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            fields.append(("Martlet-Event-Id", event.id))
        }
        if let secret {
            fields.append(
                (
                    "Martlet-Signature",
                    Self.signature(of: body, unixSeconds: unixSeconds, secret: secret)
                ))
        }
        do throws(ExchangeError) {
            let response = try exchange.send(
                "POST", format.target(exchange.url), fields: fields, body: body)
            return DeliveryOutcome(response) { [408, 425, 429].contains($0) || $0 >= 500 }
        } catch {
            return .failed(reason: "\(error)", retryAfterSeconds: nil)
        }
    }

    /// `t=…,v1=…`: the time in Unix seconds, and the HMAC-SHA-256 of time, `.` and body in
    /// hexadecimal. The time is under the code, so that a receiver can refuse what is old.
    package static func signature(
        of body: [UInt8], unixSeconds: Int, secret: [UInt8]
    ) -> String {
        let code = HMACSHA256.code(of: Array("\(unixSeconds).".utf8) + body, key: secret)
        let hex = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "t=\(unixSeconds),v1=\(hex)"
    }
}
