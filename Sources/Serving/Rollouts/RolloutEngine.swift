// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import Feedback
package import Logging
import Models
import Registry
import Rollout
import Synchronization
package import Telemetry

/// Runs the rollouts of this server: collects what loops have seen, lets controllers decide,
/// publishes who answers, and has every step recorded.
///
/// It stands between the registry's watcher and the loops: every set goes through it. All of it
/// runs on one queue, beside one that writes, so that a registry that is locked never delays a
/// decision.
package final class RolloutEngine: Sendable {
    struct Entry {
        var live: LiveRollout
        let ledger: RolloutLedger
        let instruments: RolloutInstruments
        /// Whether the registry that is read knows it.
        var isKnown = false
        var isRecording = false
        /// Why the next step could not be recorded, and when to try again.
        var fault: String?
        var retryAt: UInt64 = 0
        /// When candidates that were stopped may be routed to again, if they are.
        var releaseAt: UInt64?
        var unreleased = 0
        var publishedRoutings: [Routing] = []
        /// When its evidence was last written down.
        var savedAt: UInt64 = 0
        /// What the process held when the candidate began to compute.
        var residentBytesAtStart: Int?
    }

    struct State {
        var base = ServingSet.empty(fault: "the registry has not been read yet")
        var entries: [Int: Entry] = [:]
        /// The rollouts of the set that was published last.
        var publishedIDs: [Int] = []
        /// The salts of records that no rollout could be made of, told once.
        var refused: Set<String> = []
        /// The salts of rollouts that are over.
        var ended: Set<String> = []
        var lastSlowTurn: UInt64 = 0
        /// How many lives of this server in a row have ended in a crash, by rollout; `nil` until
        /// the registry has been read.
        var crashes: [Int: Int]?
    }

    /// What a candidate may add to the resident memory, in bytes.
    let residentGrowthMax: Int
    let registryPath: String
    let shards: Int
    let metrics: MetricsRegistry
    let logger: Logger
    let shadows: ShadowQueue
    /// Where evidence survives this process; `nil` where it does not.
    let store: FeedbackStore?
    let state: Mutex<State>
    /// The registry as the engine looks at it by itself: a watcher that loads a large version must
    /// not keep the word of another server waiting.
    private let file: Mutex<WatchedRegistry>
    private let pollMilliseconds: Int
    let queue = DispatchQueue(label: "martlet.rollouts", qos: .userInteractive)
    let writer = DispatchQueue(label: "martlet.rollouts.writer", qos: .userInitiated)
    /// Writes evidence, which no step waits for.
    let keeper = DispatchQueue(label: "martlet.rollouts.evidence", qos: .utility)
    let unsavedCount = Atomic<Int>(0)
    let publishSet: @Sendable (ServingSet) -> Void
    /// Takes what people outside want to hear.
    let notify: @Sendable (ServiceEvent) -> Void

    /// - Parameters:
    ///   - copiesPerSecondMax: how many requests both versions compute, for all rollouts together.
    ///   - store: keeps evidence and counts crashes.
    ///   - log: takes predictions whose copies have been computed.
    ///   - tell: takes a transition that was recorded, for whoever is to hear of it.
    ///   - publish: hands a set to the loops.
    package init(
        registryPath: String, pollMilliseconds: Int = 250, copiesPerSecondMax: Int = 1000,
        residentGrowthMax: Int = 512 << 20,
        store: FeedbackStore? = nil, log: PredictionLog? = nil, metrics: MetricsRegistry,
        logger: Logger,
        tell: @escaping @Sendable (ServiceEvent) -> Void = { _ in },
        publish: @escaping @Sendable (ServingSet) -> Void
    ) {
        self.registryPath = registryPath
        self.pollMilliseconds = pollMilliseconds
        state = Mutex(State())
        file = Mutex(WatchedRegistry(path: registryPath))
        self.residentGrowthMax = residentGrowthMax
        self.metrics = metrics
        self.logger = logger
        publishSet = publish
        notify = tell
        shards = metrics.shardCount
        self.store = store
        let pairs = Mutex(PairComputation())
        shadows = ShadowQueue(ratePerSecondMax: copiesPerSecondMax, metrics: metrics) { copy in
            let answers = pairs.withLock { $0.compute(copy) }
            guard let log, let logged = copy.logged else { return }
            guard let answers else { return log.append(ofCopy: logged) }
            let other = copy.isShadow ? answers.candidate : answers.stable
            log.append(ofCopy: logged.beside(LoggedOutput(other), version: other.version))
        }
    }

    /// Begins to decide, ten times a second and whenever a candidate has failed, and to look at
    /// what other servers have recorded.
    package func start() {
        scheduleTurn()
        schedulePoll()
    }

    private func scheduleTurn() {
        queue.asyncAfter(deadline: .now() + .milliseconds(100)) { [weak self] in
            self?.turn()
            self?.scheduleTurn()
        }
    }

    private func schedulePoll() {
        writer.asyncAfter(deadline: .now() + .milliseconds(pollMilliseconds)) { [weak self] in
            self?.poll()
            self?.schedulePoll()
        }
    }

    /// A registry that cannot be read is the watcher's to tell.
    private func poll() {
        let records = file.withLock { file -> [RolloutRecord]? in
            guard let registry = try? file.news(), let records = try? registry.recentRollouts()
            else { return nil }
            file.acknowledge()
            return records
        }
        guard let records else { return }
        queue.async { [self] in
            state.withLock { state in
                guard state.base.registryFault == nil else { return }
                follow(records, isLatest: true, &state)
                publishIfChanged(&state)
            }
        }
    }

    /// Serves `base` from now on, with the rollouts that its registry knows. It has been published
    /// when this returns: a server must not listen before it has something to serve.
    package func receive(_ base: ServingSet) {
        queue.sync {
            state.withLock { state in
                if state.base.loaded != base.loaded {
                    // What was loaded meanwhile is no candidate's growth.
                    for id in state.entries.keys { state.entries[id]?.residentBytesAtStart = nil }
                }
                state.base = base
                if base.registryFault == nil { beginLife(&state) }
                follow(base.catalogue.rollouts, isLatest: false, &state)
                publish(&state)
            }
        }
    }

    private func turn() {
        state.withLock { state in
            let now = MonotonicClock.nanoseconds()
            let isSlowTurn = now - state.lastSlowTurn >= 1_000_000_000
            if isSlowTurn { state.lastSlowTurn = now }
            for id in Array(state.entries.keys) {
                judge(id, &state, at: now)
                if isSlowTurn {
                    checkMemory(id, &state)
                    if let entry = state.entries[id] { entry.instruments.update(entry.live) }
                    save(id, &state, at: now)
                }
            }
            publishIfChanged(&state)
        }
    }

    /// A candidate has failed: it is judged now.
    func judgeSoon(_ id: Int) {
        queue.async { [weak self] in
            self?.state.withLock { state in
                self?.judge(id, &state, at: MonotonicClock.nanoseconds())
                self?.publishIfChanged(&state)
            }
        }
    }

    // MARK: Judging

    private func judge(_ id: Int, _ state: inout State, at now: UInt64) {
        // Taken out meanwhile: what has two owners is copied at its first change.
        guard var entry = state.entries.removeValue(forKey: id) else { return }
        defer { state.entries[id] = entry }
        guard !entry.live.record.isTerminal else { return }
        let unjudged = entry.ledger.unjudgedCount - entry.unreleased
        checkCandidates(&entry, state.base, at: now)
        for index in entry.live.controllers.indices {
            let batch = entry.ledger.take(candidate: index)
            entry.live.observe(batch, candidate: index, at: now)
        }
        entry.live.tick(at: now)
        release(&entry, unjudged, at: now)
        if !entry.live.steps.isEmpty { entry.instruments.update(entry.live) }
        record(&entry, at: now)
    }

    /// Lets a candidate go on whose failures have been judged. One that was stopped by them stays
    /// so until every loop has long had the set that says so.
    private func release(_ entry: inout Entry, _ judged: Int, at now: UInt64) {
        let isExposed = entry.live.routings.contains { $0.candidateWeight > .none }
        if isExposed, entry.live.routings == entry.publishedRoutings, judged > 0 {
            entry.ledger.judged(judged)
        } else if judged > 0 {
            entry.unreleased += judged
            entry.releaseAt = now + 1_000_000_000
        }
        if let releaseAt = entry.releaseAt, now >= releaseAt {
            entry.ledger.judged(entry.unreleased)
            entry.unreleased = 0
            entry.releaseAt = nil
        }
    }

    private func checkMemory(_ id: Int, _ state: inout State) {
        guard var entry = state.entries[id], !entry.live.isVerifying,
            !entry.live.record.isTerminal, let bytes = ProcessMetrics.residentBytes
        else { return }
        let start = entry.residentBytesAtStart ?? bytes
        entry.residentBytesAtStart = start
        if bytes - start > residentGrowthMax {
            let grown = (bytes - start) >> 20
            entry.live.blow(.outOfMemory, "resident memory has grown by \(grown) MiB")
            record(&entry, at: MonotonicClock.nanoseconds())
        }
        state.entries[id] = entry
    }

    // MARK: Telling

    func tell(_ entry: Entry, _ message: Logger.Message, by actor: String? = nil) {
        var metadata = Self.metadata(entry.live.record)
        if let actor { metadata["actor"] = "\(actor)" }
        let counts = entry.live.controllers.map(\.counts)
        metadata["candidate_requests"] = "\(counts.reduce(0) { $0 + $1.candidateRequests })"
        metadata["candidate_failures"] = "\(counts.reduce(0) { $0 + $1.candidateFailures })"
        metadata["pairs"] = "\(counts.reduce(0) { $0 + $1.pairs })"
        logger.notice(message, metadata: metadata)
    }

    static func metadata(_ record: RolloutRecord) -> Logger.Metadata {
        [
            "rollout": "\(record.id)", "model": "\(record.model)", "stable": "\(record.stable)",
            "candidate": "\(record.candidate)", "state": "\(record.state)",
            "reason": "\(record.reason)",
        ]
    }
}

extension ServingSet {
    /// The versions that take memory.
    fileprivate var loaded: Set<ObjectIdentifier> {
        Set(entries.flatMap(\.versions.values).map(ObjectIdentifier.init))
    }
}
