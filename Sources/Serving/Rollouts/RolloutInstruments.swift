// SPDX-License-Identifier: Apache-2.0
import Registry
import Rollout
import Telemetry

/// The metrics of one model's rollout. Arms have names from a closed list.
final class RolloutInstruments: Sendable {
    private let metrics: MetricsRegistry
    private let model: String
    private let arms: [String]
    private let active: Gauge
    private let lastTransition: Gauge

    init(_ metrics: MetricsRegistry, model: String, arms: [String]) {
        self.metrics = metrics
        self.model = model
        self.arms = arms
        active = metrics.gauge(
            "rollout_active", "Whether the model has a rollout under way.", ["model": model])
        lastTransition = metrics.gauge(
            "rollout_last_transition_timestamp_seconds",
            "When the model's last rollout entered its state.", ["model": model])
    }

    func update(_ live: LiveRollout) {
        active.set(live.record.isTerminal ? 0 : 1)
        lastTransition.set(Double(live.record.updatedAt.milliseconds) / 1000)
        for (index, controller) in live.controllers.enumerated() {
            let arm = arms[index + 1]
            weight(arm).set(live.routings[index].candidateWeight.share)
            let counts = controller.counts
            requests(arm, "good").show(counts.candidateRequests - counts.candidateFailures)
            requests(arm, "failed").show(counts.candidateFailures)
            if index == 0 {
                requests(arms[0], "good").show(counts.stableRequests - counts.stableFailures)
                requests(arms[0], "failed").show(counts.stableFailures)
            }
            pairs(arm, "compared").show(counts.pairs)
            pairs(arm, "disagreed").show(counts.disagreements)
            for measure in controller.measures {
                guard let threshold = measure.threshold, threshold > 0 else { continue }
                metrics.gauge(
                    "rollout_evidence_ratio",
                    "A rule's evidence as a share of what makes it speak.",
                    ["model": model, "arm": arm, "rule": measure.name]
                ).set(measure.value / threshold)
            }
        }
    }

    func count(_ record: RolloutRecord) {
        metrics.counter(
            "rollout_transitions_total", "Steps of rollouts that were recorded, by state entered.",
            ["model": model, "state": record.states.last??.name ?? "other"])[
                metrics.sharedShard
            ].add()
    }

    /// The rollout is over, and its series with it.
    func end() {
        active.set(0)
        for arm in arms { metrics.removeSeries(with: ["model": model, "arm": arm]) }
    }

    private func weight(_ arm: String) -> Gauge {
        metrics.gauge(
            "rollout_weight_ratio", "The candidate's share of the keys.",
            ["model": model, "arm": arm])
    }

    private func requests(_ arm: String, _ outcome: String) -> Gauge {
        metrics.gauge(
            "rollout_requests", "Requests of the present rollout by whose they were.",
            ["model": model, "arm": arm, "outcome": outcome])
    }

    private func pairs(_ arm: String, _ result: String) -> Gauge {
        metrics.gauge(
            "rollout_pairs", "Requests of the present rollout that both versions computed.",
            ["model": model, "arm": arm, "result": result])
    }
}

extension Gauge {
    fileprivate func show(_ count: UInt64) { set(Double(count)) }
}
