// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// What came of one attempt to tell a receiver something.
package enum DeliveryOutcome: Equatable, Sendable {
    case delivered
    /// May succeed later; the receiver's `Retry-After` says when, as far as `Retry` waits.
    case failed(reason: String, retryAfterSeconds: Int?)
    /// The receiver does not want it: another try would be refused alike.
    case refused(reason: String)

    /// - Parameter isTransient: whether an answer of this status may be another one later.
    init(_ response: ReceivedResponse, isTransient: (Int) -> Bool) {
        let reason = "status \(response.status)"
        switch response.status {
        case 200...299: self = .delivered
        case let status where isTransient(status):
            self = .failed(
                reason: reason,
                retryAfterSeconds: response["retry-after"].flatMap { Int($0) }.map { max($0, 0) })
        default: self = .refused(reason: reason)
        }
    }
}
