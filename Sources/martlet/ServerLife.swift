// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Serving
import Synchronization

/// What probes ask about the server, before and after it exists.
final class ServerLife: Sendable {
    let isDraining = Atomic<Bool>(false)
    private let servers = Mutex<[HTTPServer<ServingSet>]>([])
    /// What was published last.
    private let set = Mutex<ServingSet?>(nil)

    func watch(_ servers: [HTTPServer<ServingSet>]) {
        self.servers.withLock { $0 = servers }
    }

    func publish(_ set: ServingSet) {
        self.set.withLock { $0 = set }
        for server in servers.withLock({ $0 }) { server.publish(set) }
    }

    var isReady: Bool {
        let current = self.set.withLock { $0 }
        return current?.isReady(isDraining: isDraining.load(ordering: .relaxed)) ?? false
    }

    /// A loop turns at least once a second; five missed turns are a stuck loop.
    func isAlive() -> Bool {
        servers.withLock { servers in
            !servers.isEmpty && servers.allSatisfy { $0.turnsWithin(milliseconds: 5000) }
        }
    }
}
