// SPDX-License-Identifier: Apache-2.0
import Serving
import Telemetry

/// What is counted about events.
struct EventInstruments: Sendable {
    private let emitted: [ServiceEvent.Kind: Counter.Cell]
    private let delivered: Counter.Cell
    private let failed: Counter.Cell
    private let retried: Counter.Cell
    private let dropped: Counter.Cell
    private let duplicates: Counter.Cell

    init(_ metrics: MetricsRegistry) {
        let shard = metrics.sharedShard
        var emitted: [ServiceEvent.Kind: Counter.Cell] = [:]
        for kind in ServiceEvent.Kind.allCases {
            emitted[kind] =
                metrics.counter(
                    "events_total", "Events about models.", ["kind": kind.rawValue])[shard]
        }
        self.emitted = emitted
        let deliveries = { (result: String) in
            metrics.counter(
                "events_delivered_total", "Events that the webhook was told, or not.",
                ["result": result])[shard]
        }
        delivered = deliveries("delivered")
        failed = deliveries("failed")
        retried =
            metrics.counter(
                "events_delivery_retries_total", "Attempts to tell the webhook that were put off.")[
                shard]
        dropped =
            metrics.counter(
                "events_dropped_total", "Events that found no room to wait for the webhook.")[
                shard]
        duplicates =
            metrics.counter(
                "events_duplicate_total", "Events that had been told already.")[shard]
    }

    func count(_ event: ServiceEvent) { emitted[event.kind]?.add() }

    func count(_ news: DeliveryQueue<ServiceEvent>.News) {
        switch news {
        case .delivered: delivered.add()
        case .putOff: retried.add()
        case .givenUp: failed.add()
        case .dropped: dropped.add()
        }
    }

    func countDuplicate() { duplicates.add() }
}
