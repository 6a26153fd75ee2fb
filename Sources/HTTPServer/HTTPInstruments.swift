// SPDX-License-Identifier: Apache-2.0
import HTTP1
package import Telemetry
import Synchronization

/// The server's metrics; shared by all loops.
package final class HTTPInstruments: Sendable {
    private let registry: MetricsRegistry
    let routes: [String]
    let accepted: Counter
    let rejected: Counter
    let inFlight = Atomic<Int>(0)
    let open = Atomic<Int>(0)
    private let durations: [Histogram]
    private let parseErrors: [Counter]

    /// - Parameter routes: the labels that a response's `route` is an index of; the first stands
    ///   for requests that no route took.
    package init(registry: MetricsRegistry, routes: [String]) {
        self.registry = registry
        self.routes = routes
        accepted = registry.counter(
            "connections_accepted_total", "Connections accepted.")
        rejected = registry.counter(
            "connections_rejected_total", "Connections closed at once, by reason.",
            ["reason": "limit"])
        durations = routes.map {
            registry.histogram(
                "http_request_duration_seconds",
                "Time from a request's last byte read to its answer made.", ["route": $0])
        }
        parseErrors = HTTPParseError.allCases.map {
            registry.counter(
                "http_parse_errors_total", "Requests refused before a route saw them.",
                ["reason": $0.rawValue])
        }
        registry.computedGauge("http_requests_in_flight", "Requests being answered.") {
            [weak self] in self.map { Double($0.inFlight.load(ordering: .relaxed)) }
        }
        registry.computedGauge("connections_open", "Connections open.") {
            [weak self] in self.map { Double($0.open.load(ordering: .relaxed)) }
        }
    }

    /// The cells of one loop.
    struct Shard {
        private let instruments: HTTPInstruments
        private let index: Int
        /// Route × method × status; each is looked up when first needed.
        private var requests: [Counter.Cell?]
        private let durations: [Histogram.Cell]
        private let parseErrors: [HTTPParseError: Counter.Cell]

        init(_ instruments: HTTPInstruments, index: Int) {
            self.instruments = instruments
            self.index = index
            let count =
                instruments.routes.count * HTTPMethod.allCases.count * HTTPStatus.allCases.count
            requests = Array(repeating: nil, count: count)
            durations = instruments.durations.map { $0[index] }
            parseErrors = Dictionary(
                uniqueKeysWithValues: zip(
                    HTTPParseError.allCases, instruments.parseErrors.map { $0[index] }))
        }

        mutating func count(
            _ method: HTTPMethod, route: Int, _ status: HTTPStatus, nanoseconds: Int
        ) {
            durations[route].observe(nanoseconds: nanoseconds)
            let slot =
                (route * HTTPMethod.allCases.count + Int(method.rawValue))
                * HTTPStatus.allCases.count + status.index
            if let cell = requests[slot] {
                cell.add()
                return
            }
            let cell = instruments.registry.counter(
                "http_requests_total", "Requests answered.",
                [
                    "method": "\(method.name)", "route": instruments.routes[route],
                    "code": "\(status.code)",
                ])[index]
            requests[slot] = cell
            cell.add()
        }

        func count(_ error: HTTPParseError) {
            parseErrors[error]?.add()
        }
    }
}
