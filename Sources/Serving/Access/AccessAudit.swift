// SPDX-License-Identifier: Apache-2.0
import Dispatch
import HTTP1
package import Logging
import Synchronization
package import Telemetry

/// Counts every refusal, and writes of them to the log what a flood cannot fill it with.
package final class AccessAudit: Sendable {
    private let logger: Logger
    /// By reason, then by the role that was asked for.
    private let refused: [Counter.Cell]
    private let budget = Mutex(RefusalBudget())
    private let queue = DispatchQueue(label: "martlet.audit", qos: .utility)

    package init(metrics: MetricsRegistry, logger: Logger) {
        self.logger = logger
        refused = AccessRefusal.names.flatMap { reason in
            AccessRole.allCases.map { role in
                metrics.counter(
                    "access_refused_total",
                    "Requests of callers who may not do what they ask for, by reason and by the role that it takes.",
                    ["reason": reason, "role": role.rawValue])[metrics.sharedShard]
            }
        }
    }

    /// - Parameters:
    ///   - route: its label.
    ///   - now: monotonic.
    func record(
        _ refusal: AccessRefusal, required: AccessRole, route: String, client: ClientAddress,
        names: RequestNames, nanoseconds now: UInt64
    ) {
        refused[refusal.index * AccessRole.allCases.count + required.index].add()
        switch budget.withLock({ $0.take(nanoseconds: now) }) {
        case .log: break
        case .hold: return
        case .holdFirst: return tellLater()
        }
        var metadata: Logger.Metadata = [
            "audit": "true", "reason": "\(refusal.name)", "required_role": "\(required.rawValue)",
            "route": "\(route)", "remote": "\(client)",
        ]
        metadata.merge(names.metadata) { $1 }
        metadata["actor"] = refusal.callerName.map { "\($0)" }
        if case .insufficient(let known) = refusal, let role = known.role {
            metadata["role"] = "\(role.rawValue)"
        }
        logger.warning("access refused", metadata: metadata)
    }

    /// An order that was carried out, by the request that gave it.
    func record(order: String, onRollout id: Int, actor: String, names: RequestNames) {
        var metadata: Logger.Metadata = [
            "audit": "true", "order": "\(order)", "rollout": "\(id)", "actor": "\(actor)",
        ]
        metadata.merge(names.metadata) { $1 }
        logger.notice("rollout ordered", metadata: metadata)
    }

    /// Says how many there were that have no line, once their second is over.
    private func tellLater() {
        queue.asyncAfter(deadline: .now() + .seconds(1)) { [self] in
            let count = budget.withLock { $0.takeHeldCount() }
            logger.warning(
                "access refused, more often than is logged",
                metadata: ["audit": "true", "count": "\(count)"])
        }
    }
}
