// SPDX-License-Identifier: Apache-2.0
import HTTP1
import OpenSSL
package import Serving

/// A receiver of events over HTTP.
package struct Webhook: Sendable {
    package enum Outcome: Equatable, Sendable {
        case delivered
        /// May succeed later, not before the receiver's `Retry-After`.
        case failed(reason: String, retryAfterSeconds: Int?)
        /// The receiver does not want it: another try would be refused alike.
        case refused(reason: String)
    }

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
    package func deliver(_ event: ServiceEvent, unixSeconds: Int) -> Outcome {
        let body = format.body(event)
        var fields: [(name: String, value: String)] = []
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
            return Self.outcome(response)
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

    private static func outcome(_ response: ReceivedResponse) -> Outcome {
        let reason = "status \(response.status)"
        switch response.status {
        case 200...299: return .delivered
        case 408, 425, 429, 500...:
            let seconds = response["retry-after"].flatMap { Int($0) }
            return .failed(reason: reason, retryAfterSeconds: seconds.map { min(max($0, 0), 3600) })
        default: return .refused(reason: reason)
        }
    }
}
