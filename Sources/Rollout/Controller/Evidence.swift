// SPDX-License-Identifier: Apache-2.0

/// Everything that a rollout knows against and for its candidate, in bounded memory.
///
/// Each rule takes what concerns it from an observation; `commit` counts all that was staged since
/// the last as one event for each rule.
struct Evidence: Equatable, Sendable {
    let plan: RolloutPlan

    /// The error limit of what only asks where to look (A, S, M, H): the plan's, or twice the
    /// stable version's own rate when that was measured to be higher. Fixed once.
    private(set) var limit: Double
    private(set) var hasLimit = false

    // Suspicion: of the candidate (A), of the stable version (S).
    private(set) var suspicion = EProcess(alternatives: 4, restarts: .after(10_000))
    private(set) var trouble = EProcess(alternatives: 4, restarts: .after(10_000))
    private var accusation: RateTest
    private(set) var recovery: Recovery
    /// Keys seen failing on both versions, where no fallback tells on the spot.
    private var muted: Set<UInt64> = []

    // Conviction.
    private(set) var errors: SharedBlame
    private(set) var slow95: SharedBlame
    private(set) var slow99: SharedBlame
    private(set) var pairedErrors = EProcess(alternatives: 3, restarts: .after(100))
    private(set) var pairedTimes = EProcess(alternatives: 4, restarts: .after(100))
    private(set) var pairedSlow = EProcess(alternatives: 3, restarts: .after(100))
    private(set) var disagreement = EProcess(alternatives: 3, restarts: .after(10_000))
    private(set) var labels = EProcess(alternatives: 4, restarts: .after(300))
    private(set) var losses = BettingProcess(restarts: .after(300))
    private(set) var harm = EProcess(alternatives: 3, restarts: .none)

    // Acceptance.
    private(set) var acceptedErrors: EProcess
    private(set) var acceptedShare = EProcess(alternatives: 3, restarts: .none)
    private(set) var acceptedSlow = EProcess(alternatives: 3, restarts: .none)
    private(set) var acceptedTimes = EProcess(
        shares: RateTest.acceptanceShares, restarts: .none)
    private(set) var agreement = EProcess(alternatives: 4, restarts: .none)
    private(set) var quality = BettingProcess(restarts: .none)

    // Sanity.
    private(set) var sampleRatio = SampleRatio(shares: [0.5, 0.5])
    private var arrivals = KeySample(capacity: 16_384)
    private var comparedKeys = KeySample(capacity: 16_384)
    private var labelledKeys = KeySample(capacity: 16_384)

    private(set) var counts = Counts()

    private let acceptance: RateTest
    /// Of requests, 5 % pass the stable version's own 95 % quantile: the candidate's are to be no
    /// more, by times a quarter longer.
    private let quickness = RateTest.acceptance(limit: 0.05)
    private let excess: RateTest
    private let agreementTest: RateTest

    init(plan: RolloutPlan) {
        self.plan = plan
        limit = plan.errorLimit
        accusation = .suspicion(limit: plan.errorLimit)
        recovery = Recovery(limit: plan.errorLimit)
        errors = SharedBlame(.excess(tolerance: plan.relativeTolerance), keys: 65_536)
        slow95 = SharedBlame(.excess(tolerance: 0), keys: 16_384)
        slow99 = SharedBlame(.excess(tolerance: 0), keys: 16_384)
        acceptedErrors = EProcess(shares: RateTest.acceptanceShares, restarts: .none)
        acceptance = .acceptance(limit: plan.errorLimit)
        excess = .excess(limit: plan.disagreementLimit)
        agreementTest = .agreement(limit: plan.disagreementLimit)
    }

    /// What the evidence is to be used for, by the rollout's state.
    struct Purpose: Equatable {
        /// Whether good behaviour counts towards promotion.
        var promotes = false
        /// Whether the candidate answers users, so that it can be suspected.
        var suspects = false
        /// Whether the stable version is watched for trouble of its own.
        var watchesStable = false
        var recovery = RecoverySource.none
        /// The weight whose new keys are counted.
        var weight = Weight.none
    }

    enum RecoverySource: UInt8 { case none, pairs, stable }
}

// MARK: - Events

extension Evidence {
    mutating func stage(_ observation: Observation, for purpose: Purpose) {
        switch observation {
        case .routed(let outcome): stage(outcome, for: purpose)
        case .pair(let outcome): stage(outcome, for: purpose)
        case .label(let outcome): stage(outcome)
        }
    }

    /// The good that a batch only counts.
    mutating func stageGood(_ batch: Batch, for purpose: Purpose) {
        stageCandidate(
            isBad: false, isAccused: false, times: batch.candidateGood + batch.candidateUntimed,
            for: purpose)
        if purpose.promotes { acceptedTimes.stage(quickness.good, times: batch.candidateGood) }
        stageStable(isBad: false, times: batch.stableGood, for: purpose)
        let pairs = batch.pairsQuick + batch.pairsSlower + batch.pairsUntimed
        counts.pairs += pairs
        pairedTimes.stage(RateTest.subtle.good, times: batch.pairsQuick)
        pairedTimes.stage(RateTest.subtle.bad, times: batch.pairsSlower)
        if purpose.promotes { acceptedErrors.stage(acceptance.good, times: pairs) }
        if purpose.recovery == .pairs { recover(isBad: false, times: pairs) }
    }

    mutating func commit() {
        suspicion.commit()
        trouble.commit()
        errors.evidence.commit()
        slow95.evidence.commit()
        slow99.evidence.commit()
        pairedErrors.commit()
        pairedTimes.commit()
        pairedSlow.commit()
        disagreement.commit()
        labels.commit()
        acceptedErrors.commit()
        acceptedShare.commit()
        acceptedSlow.commit()
        acceptedTimes.commit()
        agreement.commit()
    }

    private mutating func stage(_ outcome: RoutedOutcome, for purpose: Purpose) {
        if outcome.isCandidate {
            stageCandidate(
                isBad: outcome.hasFailed, isAccused: isAccused(outcome), times: 1, for: purpose)
            if purpose.promotes, !outcome.hasFailed, outcome.isTimed {
                acceptedTimes.stage(quickness[outcome.slow.contains(.q95)])
            }
        } else {
            stageStable(isBad: outcome.hasFailed, times: 1, for: purpose)
        }
        let share = outcome.weight.share
        if outcome.hasFailed, errors.stage(outcome, share: share), purpose.promotes {
            Self.accept(&acceptedShare, .fewerThanTwice, outcome.isCandidate, share: share)
        }
        if outcome.slow.contains(.q95), slow95.stage(outcome, share: share), purpose.promotes {
            Self.accept(&acceptedSlow, .fewerSlow, outcome.isCandidate, share: share)
        }
        if outcome.slow.contains(.q99) { _ = slow99.stage(outcome, share: share) }
        if outcome.isSampled, outcome.weight == purpose.weight, share > 0, share < 1,
            !outcome.isSticky || arrivals.insert(outcome.key)
        {
            sampleRatio.change(shares: [share, 1 - share])
            sampleRatio.update(arm: outcome.isCandidate ? 0 : 1)
        }
    }

    /// Whether the candidate alone is to blame; `nil` when that cannot be said.
    private func isAccused(_ outcome: RoutedOutcome) -> Bool? {
        guard outcome.hasFailed else { return false }
        if plan.hasFallback { return outcome.fallback == .failed ? nil : true }
        return muted.contains(outcome.key.value) ? nil : true
    }

    private mutating func stageCandidate(
        isBad: Bool, isAccused: Bool?, times count: UInt64, for purpose: Purpose
    ) {
        counts.candidateRequests += count
        if isBad { counts.candidateFailures += count }
        if purpose.suspects, let isAccused { suspicion.stage(accusation[isAccused], times: count) }
        if purpose.promotes { acceptedErrors.stage(acceptance[isBad], times: count) }
    }

    private mutating func stageStable(isBad: Bool, times count: UInt64, for purpose: Purpose) {
        counts.stableRequests += count
        if isBad { counts.stableFailures += count }
        if purpose.watchesStable, hasLimit { trouble.stage(accusation[isBad], times: count) }
        if purpose.recovery == .stable { recover(isBad: isBad, times: count) }
    }

    private mutating func stage(_ outcome: PairOutcome, for purpose: Purpose) {
        counts.pairs += 1
        let isDiscordant = outcome.candidateFailed != outcome.stableFailed
        if isDiscordant {
            counts.discordantPairs += 1
            pairedErrors.stage(RateTest.discordance[outcome.candidateFailed])
        } else if outcome.candidateFailed, outcome.isSticky, muted.count < 1024 {
            muted.insert(outcome.key.value)
        }
        if purpose.recovery == .pairs, isDiscordant || !outcome.candidateFailed {
            recover(isBad: outcome.candidateFailed, times: 1)
        }
        let promotes = purpose.promotes && outcome.isShadow
        if promotes {
            acceptedErrors.stage(acceptance[outcome.candidateFailed])
            if isDiscordant {
                Self.accept(&acceptedShare, .fewerThanTwice, outcome.candidateFailed, share: 0.5)
            }
        }
        if !outcome.candidateFailed, !outcome.stableFailed { stageTimes(outcome, promotes) }
        if let disagrees = outcome.disagrees, outcome.isSampled,
            !outcome.isSticky || comparedKeys.insert(outcome.key)
        {
            counts.comparisons += 1
            if disagrees { counts.disagreements += 1 }
            disagreement.stage(excess[disagrees])
            agreement.stage(agreementTest[disagrees])
        }
    }

    private mutating func stageTimes(_ outcome: PairOutcome, _ promotes: Bool) {
        if let isMuchSlower = outcome.isMuchSlower {
            pairedTimes.stage(RateTest.subtle[isMuchSlower])
        }
        let candidate = outcome.candidateSlow
        let stable = outcome.stableSlow
        if candidate.contains(.q99) != stable.contains(.q99) {
            pairedSlow.stage(RateTest.discordance[candidate.contains(.q99)])
        }
        if promotes, candidate.contains(.q95) != stable.contains(.q95) {
            Self.accept(&acceptedSlow, .fewerSlow, candidate.contains(.q95), share: 0.5)
        }
    }

    private mutating func stage(_ outcome: LabelOutcome) {
        guard !outcome.isSticky || labelledKeys.insert(outcome.key) else { return }
        counts.labels += 1
        if outcome.candidateIsRight != outcome.stableIsRight {
            labels.stage(RateTest.subtle[outcome.stableIsRight])
        }
        let wrong = (outcome.stableIsRight ? 1.0 : 0) - (outcome.candidateIsRight ? 1.0 : 0)
        let difference = outcome.lossDifference ?? wrong
        losses.update(difference)
        if let margin = plan.qualityMargin { quality.update(margin - difference) }
    }

    private static func accept(
        _ process: inout EProcess, _ test: ShareTest, _ isCandidate: Bool, share: Double
    ) {
        if let factors = test.factors(candidate: isCandidate, share: share) {
            process.stage(factors)
        }
    }

    private mutating func recover(isBad: Bool, times count: UInt64) {
        // Past the threshold nothing is gained; a batch of millions costs no more.
        for _ in 0..<min(count, 1_000_000) where isBad || recovery.value < 1e6 {
            recovery.update(isBad: isBad)
        }
    }
}

// MARK: - Beginnings

extension Evidence {
    /// The candidate is accused, so its next suspicion is of its own.
    mutating func beginQuarantine() {
        suspicion.reset()
        recovery.reset(limit: limit)
    }

    /// What was good before the quarantine no longer speaks for the candidate.
    mutating func leaveQuarantine() {
        suspicion.reset()
        trouble.reset()
        acceptedErrors.reset()
        acceptedShare.reset()
        acceptedSlow.reset()
        acceptedTimes.reset()
    }

    mutating func beginTrouble() {
        trouble.reset()
        recovery.reset(limit: limit)
    }

    mutating func resetSampleRatio() { sampleRatio.reset() }

    /// A window of the stable version's trouble, with the candidate computing or not, by a fair
    /// coin.
    mutating func countWindow(isBad: Bool, candidateComputes: Bool) {
        if isBad { harm.update(RateTest.discordance[candidateComputes]) }
    }

    /// Takes the stable version's own rate for the limit, once a thousand requests have shown it.
    mutating func fixLimit() {
        guard !hasLimit, counts.stableRequests >= 1000 else { return }
        let rate = Double(counts.stableFailures) / Double(counts.stableRequests)
        setLimit(max(plan.errorLimit, min(0.05, 2 * rate)))
        hasLimit = true
    }

    private mutating func setLimit(_ new: Double) {
        limit = new
        accusation = .suspicion(limit: new)
        recovery.reset(limit: new)
    }
}

// MARK: - Snapshot

extension Evidence {
    mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        var fixed = limit
        try coder.transfer(&fixed)
        guard (1e-6...0.2).contains(fixed) else { throw .badValue }
        if fixed != limit { setLimit(fixed) }
        try coder.transfer(&hasLimit)
        try suspicion.transfer(&coder)
        try trouble.transfer(&coder)
        try recovery.transfer(&coder)
        try coder.transfer(&muted, countMax: 1024)
        try errors.transfer(&coder)
        try slow95.transfer(&coder)
        try slow99.transfer(&coder)
        try pairedErrors.transfer(&coder)
        try pairedTimes.transfer(&coder)
        try pairedSlow.transfer(&coder)
        try disagreement.transfer(&coder)
        try labels.transfer(&coder)
        try losses.transfer(&coder)
        try harm.transfer(&coder)
        try acceptedErrors.transfer(&coder)
        try acceptedShare.transfer(&coder)
        try acceptedSlow.transfer(&coder)
        try acceptedTimes.transfer(&coder)
        try agreement.transfer(&coder)
        try quality.transfer(&coder)
        try sampleRatio.transfer(&coder)
        try arrivals.transfer(&coder)
        try comparedKeys.transfer(&coder)
        try labelledKeys.transfer(&coder)
        try counts.transfer(&coder)
    }
}
