// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Every instrument of the process, by name and labels.
///
/// Instruments are asked for once and kept; asking again gives the same one. Label values come from
/// closed lists or from the registry of models, never from a request.
package final class MetricsRegistry: Sendable {
    enum Instrument: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        /// Read when scraped; `nil` where the value cannot be known.
        case computed(@Sendable () -> Double?)
    }

    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    struct Family: Sendable {
        let help: String
        let kind: Kind
        var series: [Labels: Instrument] = [:]
    }

    /// How many shards each instrument has: one for each loop and one for all other threads.
    package let shardCount: Int
    private let families = Mutex<[String: Family]>([:])

    package init(loopCount: Int) {
        shardCount = loopCount + 1
    }

    /// The shard of threads that are no loop.
    package var sharedShard: Int { shardCount - 1 }

    package func counter(_ name: String, _ help: String, _ labels: Labels = [:]) -> Counter {
        let made = Counter(shardCount: shardCount)
        if case .counter(let counter) = insert(.counter(made), name, help, .counter, labels) {
            return counter
        }
        return made
    }

    package func gauge(_ name: String, _ help: String, _ labels: Labels = [:]) -> Gauge {
        let made = Gauge()
        if case .gauge(let gauge) = insert(.gauge(made), name, help, .gauge, labels) {
            return gauge
        }
        return made
    }

    /// - Parameter name: ends in `_seconds`; observations are in nanoseconds.
    package func histogram(_ name: String, _ help: String, _ labels: Labels = [:]) -> Histogram {
        let made = Histogram(shardCount: shardCount)
        if case .histogram(let histogram) = insert(.histogram(made), name, help, .histogram, labels)
        {
            return histogram
        }
        return made
    }

    package func computedGauge(
        _ name: String, _ help: String, _ labels: Labels = [:],
        _ value: @escaping @Sendable () -> Double?
    ) {
        _ = insert(.computed(value), name, help, .gauge, labels)
    }

    package func computedCounter(
        _ name: String, _ help: String, _ labels: Labels = [:],
        _ value: @escaping @Sendable () -> Double?
    ) {
        _ = insert(.computed(value), name, help, .counter, labels)
    }

    /// Takes every series away that bears all these labels, in all families whose name begins so.
    package func removeSeries(with labels: Labels, inFamilies prefix: String = "") {
        let wanted = Set(labels.pairs)
        families.withLock { families in
            for (name, family) in families where name.hasPrefix(prefix) {
                var rest = family
                rest.series = family.series.filter { !wanted.isSubset(of: $0.key.pairs) }
                families[name] = rest
            }
        }
    }

    /// The families by name, as they are now.
    var snapshot: [(name: String, family: Family)] {
        families.withLock { $0.map { ($0.key, $0.value) } }.sorted { $0.0 < $1.0 }
    }

    private func insert(
        _ instrument: Instrument, _ name: String, _ help: String, _ kind: Kind, _ labels: Labels
    ) -> Instrument {
        families.withLock { families in
            var family = families[name] ?? Family(help: help, kind: kind)
            precondition(family.kind == kind, "\(name) is a \(family.kind) already")
            if let existing = family.series[labels] { return existing }
            family.series[labels] = instrument
            families[name] = family
            return instrument
        }
    }
}
