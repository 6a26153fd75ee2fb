// SPDX-License-Identifier: Apache-2.0
package import HTTP1
import Synchronization
package import Telemetry

/// The server's metrics; shared by all loops.
package final class HTTPInstruments: Sendable {
    private let registry: MetricsRegistry
    let routes: [String]
    // The listener's own cells.
    let accepted: Counter.Cell
    let rejectedByLimit: Counter.Cell
    let rejectedByDescriptors: Counter.Cell
    // The workers' own cells.
    let shedByOverload: Counter.Cell
    let shedAsExpired: Counter.Cell
    let shedAsGone: Counter.Cell
    private let inFlight: [LoopGauge]
    private let open: [LoopGauge]
    private let durations: [Histogram]
    private let parseErrors: [Counter]
    private let timeouts: [Counter]
    private let handshakes: [TLSHandshakeResult: Counter]
    private let loads = Mutex<[@Sendable () -> ComputeQueue.Load]>([])

    /// - Parameters:
    ///   - routes: the labels that a response's `route` is an index of; the first stands for
    ///     requests that no route took.
    ///   - expected: answers whose counters are there from the beginning, at 0: a rate over a
    ///     series that begins with its first event does not see that event.
    package init(
        registry: MetricsRegistry, routes: [String],
        expected: [(method: HTTPMethod, route: Int, statuses: [HTTPStatus])] = []
    ) {
        self.registry = registry
        self.routes = routes
        let loops = 0..<registry.shardCount - 1
        inFlight = loops.map { _ in LoopGauge() }
        open = loops.map { _ in LoopGauge() }
        func rejected(_ reason: String) -> Counter.Cell {
            registry.counter(
                "connections_rejected_total", "Connections closed at once, by reason.",
                ["reason": reason])[registry.sharedShard]
        }
        accepted =
            registry.counter(
                "connections_accepted_total", "Connections accepted.")[registry.sharedShard]
        rejectedByLimit = rejected("limit")
        rejectedByDescriptors = rejected("descriptors")
        func shed(_ reason: String) -> Counter.Cell {
            registry.counter(
                "requests_shed_total", "Requests not worked on, by reason.",
                ["reason": reason])[registry.sharedShard]
        }
        shedByOverload = shed("overload")
        shedAsExpired = shed("expired")
        shedAsGone = shed("gone")
        timeouts = Deadlines.Phase.allCases.map {
            registry.counter(
                "timeouts_total", "Connections given up as a deadline passed, by phase.",
                ["phase": $0.rawValue])
        }
        handshakes = Dictionary(
            uniqueKeysWithValues: TLSHandshakeResult.all.map { handshake in
                let counter = registry.counter(
                    "tls_handshakes_total", "TLS handshakes, by version and how they ended.",
                    handshake.labels)
                return (handshake, counter)
            })
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
        for answers in expected {
            for status in answers.statuses {
                Self.answers(registry, answers.method, routes[answers.route], status)[
                    registry.sharedShard
                ].add(0)
            }
        }
        registry.computedGauge("http_requests_in_flight", "Requests being answered.") {
            [inFlight] in Double(inFlight.reduce(0) { $0 + $1.current })
        }
        registry.computedGauge("connections_open", "Connections open.") {
            [open] in Double(open.reduce(0) { $0 + $1.current })
        }
    }

    private static func answers(
        _ registry: MetricsRegistry, _ method: HTTPMethod, _ route: String, _ status: HTTPStatus
    ) -> Counter {
        registry.counter(
            "http_requests_total", "Requests answered.",
            ["method": "\(method.name)", "route": route, "code": "\(status.code)"])
    }

    /// Shows how much of the room of this queue, and of those before it, is taken.
    func watch(_ queue: ComputeQueue) {
        let isFirst = loads.withLock { loads in
            loads.append { [weak queue] in queue?.load ?? ComputeQueue.Load() }
            return loads.count == 1
        }
        guard isFirst else { return }
        func show(
            _ name: String, _ help: String,
            _ part: @escaping @Sendable (ComputeQueue.Load) -> Double
        ) {
            registry.computedGauge(name, help) { [weak self] in
                self?.loads.withLock { $0.reduce(0) { $0 + part($1()) } }
            }
        }
        show(
            "work_in_flight_seconds",
            "Predicted time of the work that is under way or waits off the loops.",
            \.inFlightSeconds)
        show(
            "work_in_flight_limit_seconds",
            "The work in flight above which predictions are refused.", \.limitSeconds)
    }

    /// The cells of one loop.
    struct Shard {
        private let instruments: HTTPInstruments
        private let index: Int
        /// Route × method × status; each is looked up when first needed.
        private var requests: [Counter.Cell?]
        private let durations: [Histogram.Cell]
        let inFlight: LoopGauge
        let open: LoopGauge
        private let parseErrors: [HTTPParseError: Counter.Cell]
        private let timeouts: [Deadlines.Phase: Counter.Cell]

        init(_ instruments: HTTPInstruments, index: Int) {
            self.instruments = instruments
            self.index = index
            let count =
                instruments.routes.count * HTTPMethod.allCases.count * HTTPStatus.allCases.count
            requests = Array(repeating: nil, count: count)
            durations = instruments.durations.map { $0[index] }
            inFlight = instruments.inFlight[index]
            open = instruments.open[index]
            parseErrors = Dictionary(
                uniqueKeysWithValues: zip(
                    HTTPParseError.allCases, instruments.parseErrors.map { $0[index] }))
            timeouts = Dictionary(
                uniqueKeysWithValues: zip(
                    Deadlines.Phase.allCases, instruments.timeouts.map { $0[index] }))
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
            let cell = HTTPInstruments.answers(
                instruments.registry, method, instruments.routes[route], status)[index]
            requests[slot] = cell
            cell.add()
        }

        func count(_ error: HTTPParseError) {
            parseErrors[error]?.add()
        }

        func count(_ result: TLSHandshakeResult) {
            instruments.handshakes[result]?[index].add()
        }

        func countTimeout(_ phase: Deadlines.Phase) {
            timeouts[phase]?.add()
        }
    }
}
