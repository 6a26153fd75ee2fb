// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import Feedback
package import Logging
import Registry
import Rollout
import Synchronization
package import Telemetry

/// Brings predictions and their labels together: what loops have logged goes into the store, labels
/// that clients send find their predictions there, and what they say goes to the rollout and to the
/// version's live quality.
package final class FeedbackIntake: Sendable {
    private static let milliseconds = 250
    private static let waitingByteCountMax = 1 << 20
    /// Of a request, beside its body.
    private static let requestByteCount = 4096
    /// Predictions that wait for a store that is out of order; the oldest go first.
    private static let unwrittenMax = 8192
    /// Of what is kept, so much is looked through for labels when the server begins.
    private static let restoredLabelsMax = 100_000
    private static let restoredPredictionsMax = 250_000
    /// A label that comes a year later says no more by it; the sum of them all stays a number.
    private static let delayMillisecondsMax: Int64 = 366 * 86_400_000

    private struct State {
        /// That was told last.
        var fault = ""
        var turns = 0
        var unwritten: [LoggedPrediction] = []
        /// Whether the book holds what labels had said before the server began.
        var isRestored = false
    }

    package let store: FeedbackStore
    let log: PredictionLog
    let quality: QualityBook
    private let engine: RolloutEngine
    private let metrics: MetricsRegistry
    private let logger: Logger
    /// All that comes to the store comes to it here, so that no label counts twice or not at all
    /// when the book is filled from what is kept.
    private let queue = DispatchQueue(label: "martlet.feedback", qos: .utility)
    private let state = Mutex(State())
    /// What the labels that wait for the store take in memory, in bytes.
    private let waitingByteCount = Atomic<Int>(0)
    private let floor: Mutex<QualityFloor>
    /// By model.
    private let delays = Mutex<[String: RecentDelays]>([:])

    /// - Parameters:
    ///   - engine: hears of paired labels, and passes on what people outside are to hear.
    ///   - qualityFloor: the accuracy below which a version is told of; 0 for none.
    package init(
        store: FeedbackStore, log: PredictionLog, engine: RolloutEngine, qualityFloor: Double = 0,
        metrics: MetricsRegistry, logger: Logger
    ) {
        self.store = store
        self.engine = engine
        self.metrics = metrics
        self.logger = logger
        self.log = log
        floor = Mutex(QualityFloor(accuracy: qualityFloor))
        quality = QualityBook(metrics)
        for result in ["accepted", "duplicate", "conflict", "waiting", "expired", "refused"] {
            count(result, 0)
        }
        keptCounter.add(0)
        errorCounter.add(0)
        for reason in PredictionLog.DropReason.allCases {
            metrics.computedCounter(
                "feedback_predictions_dropped_total", "Predictions that were not kept for a label.",
                ["reason": reason.rawValue]
            ) { Double(log.droppedCount(reason)) }
        }
    }

    package func start() {
        queue.asyncAfter(deadline: .now() + .milliseconds(Self.milliseconds)) { [weak self] in
            self?.turn()
            self?.start()
        }
    }

    /// Writes what is still on its way, before the process ends.
    package func finish() {
        queue.sync {
            append()
            try? store.endLife()
        }
    }

    private func turn() {
        restore()
        append()
        let turns = state.withLock { state in
            state.turns += 1
            return state.turns
        }
        if turns % 4 == 1 {
            judge(quality.update(engine.loadedVersions))
            showDelays()
        }
        guard turns % 40 == 1 else { return }
        do throws(FeedbackError) {
            _ = try store.sweep()
            let counts = try store.counts()
            show("feedback_store_predictions", "Predictions that are kept.", counts.rows)
            show("feedback_store_labels", "Labels that are kept.", counts.labels)
            show("feedback_store_bytes", "Size of the store's file.", counts.bytes)
        } catch {
            tell(error)
        }
    }

    /// Goes on with the live quality of the lives before, once the registry has told what there is.
    private func restore() {
        guard !state.withLock({ $0.isRestored }), engine.knowsTheRegistry else { return }
        state.withLock { $0.isRestored = true }
        do throws(FeedbackError) {
            let joined = try store.joinedLabels(
                countMax: Self.restoredLabelsMax, ofNewest: Self.restoredPredictionsMax)
            for label in joined { record(label) }
        } catch {
            tell(error)
        }
    }

    private func append() {
        let predictions =
            state.withLock { state in
                defer { state.unwritten = [] }
                return state.unwritten
            } + log.take(secondShare: Double(Self.milliseconds) / 1000)
        guard !predictions.isEmpty else { return }
        do throws(FeedbackError) {
            let joined = try store.append(predictions)
            keptCounter.add(predictions.count)
            take(joined)
            tellRecovery()
        } catch {
            tell(error)
            // Once more with the next: a store that was busy for a while loses nothing.
            state.withLock { $0.unwritten = predictions.suffix(Self.unwrittenMax) }
            log.drop(max(0, predictions.count - Self.unwrittenMax), .store)
        }
    }

    private var keptCounter: Counter.Cell {
        metrics.counter("feedback_predictions_total", "Predictions that were kept for a label.")[
            metrics.sharedShard]
    }

    /// There from the start: an alert on its increase would not see a first failure that makes it.
    private var errorCounter: Counter.Cell {
        metrics.counter("feedback_store_errors_total", "Failures of the store.")[
            metrics.sharedShard]
    }

    /// Makes room for a request of labels, which `leave` gives back: as much at once as the store
    /// takes in in about a second, or one request alone.
    func enter(byteCount: Int) -> Bool {
        let cost = byteCount + Self.requestByteCount
        let before = waitingByteCount.wrappingAdd(cost, ordering: .relaxed).oldValue
        if before == 0 || before + cost <= Self.waitingByteCountMax { return true }
        leave(byteCount: byteCount)
        return false
    }

    func leave(byteCount: Int) {
        waitingByteCount.wrappingSubtract(byteCount + Self.requestByteCount, ordering: .relaxed)
    }

    /// Takes labels in. Called on the control side.
    func submit(_ labels: [Label]) throws(FeedbackError) -> FeedbackReceipt {
        try queue.sync { () -> Result<FeedbackReceipt, FeedbackError> in
            do throws(FeedbackError) {
                return .success(try receive(labels))
            } catch {
                return .failure(error)
            }
        }.get()
    }

    private func receive(_ labels: [Label]) throws(FeedbackError) -> FeedbackReceipt {
        let receipt = try store.submit(labels)
        count("accepted", receipt.accepted)
        count("duplicate", receipt.duplicates)
        count("conflict", receipt.conflicts)
        count("waiting", receipt.waiting)
        count("expired", receipt.expired)
        count("refused", receipt.refused)
        take(receipt.joined)
        return receipt
    }

    private func take(_ joined: [JoinedLabel]) {
        // Until the book has been filled, it will find these labels in the store.
        let isRestored = state.withLock { $0.isRestored }
        for label in joined {
            if isRestored { record(label) }
            if let rollout = label.prediction.rollout, let other = label.prediction.otherVersion,
                let outcome = PairedLabel(label)
            {
                let isCandidates = label.prediction.arm != "stable"
                engine.observe(
                    outcome.labelOutcome(candidateAnswered: isCandidates),
                    candidateVersion: isCandidates ? label.prediction.version : other,
                    rollout: rollout)
            }
            delays.withLock {
                $0[label.prediction.model, default: RecentDelays()].record(
                    milliseconds: min(label.delayMilliseconds, Self.delayMillisecondsMax))
            }
        }
    }

    private func judge(_ accuracies: [QualityBook.VersionName: ConfidenceSequence]) {
        for (name, accuracy) in accuracies {
            let event = floor.withLock { $0.event(name, accuracy, at: .now) }
            if let event { engine.notify(event) }
        }
    }

    private func showDelays() {
        for (model, recent) in delays.withLock({ $0 }) {
            guard let seconds = recent.quantile(0.95) else { continue }
            metrics.gauge(
                "feedback_label_delay_p95_seconds",
                "From a prediction to its label: what 95 % of the last 1,000 labels stay within.",
                ["model": model]
            ).set(seconds)
        }
    }

    private func record(_ label: JoinedLabel) {
        let prediction = label.prediction
        quality.record(
            label, labels: engine.labels(of: prediction.model, version: prediction.version))
    }

    private func count(_ result: String, _ count: Int) {
        metrics.counter(
            "feedback_labels_total", "Labels that were sent, by what became of them.",
            ["result": result])[metrics.sharedShard].add(count)
    }

    private func show(_ name: String, _ help: String, _ count: Int) {
        metrics.gauge(name, help).set(Double(count))
    }

    private func tell(_ error: FeedbackError) {
        let reason = error.description
        errorCounter.add()
        let isNews = state.withLock { state in
            defer { state.fault = reason }
            return state.fault != reason
        }
        if isNews {
            logger.error("feedback store out of order", metadata: ["reason": "\(reason)"])
        }
    }

    private func tellRecovery() {
        let wasOutOfOrder = state.withLock { state in
            defer { state.fault = "" }
            return !state.fault.isEmpty
        }
        if wasOutOfOrder { logger.notice("feedback store in order again") }
    }
}

extension RolloutEngine {
    fileprivate var loadedVersions: Set<QualityBook.VersionName> {
        let base = state.withLock { $0.base }
        return Set(
            base.entries.flatMap { entry in
                entry.versions.keys.map { .init(model: entry.name, version: $0) }
            })
    }
}
