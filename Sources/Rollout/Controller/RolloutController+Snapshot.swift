// SPDX-License-Identifier: Apache-2.0

extension RolloutController {
    private static let version: UInt8 = 1

    /// Everything that a restarted server needs to go on: versioned, with a checksum, bound to plan
    /// and salt. Equal controllers give equal bytes.
    package var snapshot: [UInt8] {
        var copy = self
        var coder = SnapshotCoder()
        do {
            try copy.transfer(&coder)
        } catch {
            // Writing fails on a number that is not finite, and no statistic is one.
            return []
        }
        let checksum = SipHash.hash(coder.bytes.span, salt: plan.fingerprintKey(salt))
        var trailer = checksum
        do { try coder.transfer(&trailer) } catch { return [] }
        return coder.bytes
    }

    /// - Throws: why the bytes are no snapshot of this rollout; nothing of them is used then.
    package init(
        plan: RolloutPlan, salt: Salt, snapshot bytes: [UInt8]
    ) throws(SnapshotError) {
        guard bytes.count > 9 else { throw .truncated }
        guard bytes[0] == Self.version else { throw .unknownVersion(bytes[0]) }
        let body = Array(bytes.dropLast(8))
        var trailer = SnapshotCoder(reading: Array(bytes.suffix(8)))
        var checksum: UInt64 = 0
        try trailer.transfer(&checksum)
        let key = plan.fingerprintKey(salt)
        guard SipHash.hash(body.span, salt: key) == checksum else { throw .checksum }
        self.init(plan: plan, salt: salt)
        var coder = SnapshotCoder(reading: body)
        try transfer(&coder)
        try coder.finish()
    }

    private mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        var version = Self.version
        try coder.transfer(&version)
        try state.transfer(&coder)
        guard isPossible(state.phase) else { throw .badValue }
        try coder.transfer(&sequence)
        try coder.transfer(&requestsAtStep)
        try coder.transfer(&suspicions)
        try timers.transfer(&coder)
        try coin.transfer(&coder)
        try evidence.transfer(&coder)
        guard requestsAtStep <= evidence.counts.candidateRequests else { throw .badValue }
    }

    /// Whether the plan has the phase.
    func isPossible(_ phase: RolloutState.Phase?) -> Bool {
        if case .canary(let step)? = phase { return plan.canarySteps.indices.contains(step) }
        return true
    }
}

extension RolloutState {
    private enum Kind: UInt8 {
        case created, verifying, running, quarantined, paused
        case promoted, rolledBack, expired, superseded, aborted
    }

    mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        var kind = kind
        var phase = phase?.code ?? 0
        var reason = reason ?? .operator
        try coder.transfer(&kind)
        try coder.transfer(&phase)
        try coder.transfer(&reason)
        let place = Phase(code: phase)
        switch kind {
        case .created: self = .created
        case .verifying: self = .verifying
        case .running: self = .running(place)
        case .quarantined: self = .quarantined(place)
        case .paused: self = .paused(place, reason)
        case .promoted: self = .promoted
        case .rolledBack: self = .rolledBack(reason)
        case .expired: self = .expired
        case .superseded: self = .superseded
        case .aborted: self = .aborted
        }
    }

    private var kind: Kind {
        switch self {
        case .created: .created
        case .verifying: .verifying
        case .running: .running
        case .quarantined: .quarantined
        case .paused: .paused
        case .promoted: .promoted
        case .rolledBack: .rolledBack
        case .expired: .expired
        case .superseded: .superseded
        case .aborted: .aborted
        }
    }

    /// Why it is paused or rolled back.
    package var reason: Reason? {
        switch self {
        case .paused(_, let reason), .rolledBack(let reason): reason
        default: nil
        }
    }
}

extension RolloutState.Phase {
    /// Shadow 0, bake 1, the steps from 2 on.
    fileprivate var code: UInt8 {
        switch self {
        case .shadow: 0
        case .bake: 1
        case .canary(let step): UInt8(clamping: step + 2)
        }
    }

    fileprivate init(code: UInt8) {
        switch code {
        case 0: self = .shadow
        case 1: self = .bake
        default: self = .canary(step: Int(code) - 2)
        }
    }
}

extension RolloutPlan {
    /// The salt mixed with the plan's terms: another plan's snapshot fails its checksum.
    fileprivate func fingerprintKey(_ salt: Salt) -> Salt {
        var words: [UInt64] = terms.steps.map { UInt64($0.basisPoints) }
        words += [
            UInt64(terms.armed.rawValue), terms.hasShadow ? 1 : 0, terms.hasFallback ? 1 : 0,
            UInt64(terms.onInconclusive.rawValue), terms.alpha.bitPattern, terms.beta.bitPattern,
            terms.errorLimit.bitPattern, terms.relativeTolerance.bitPattern,
            terms.disagreementLimit.bitPattern, terms.suspicionThreshold.bitPattern,
            terms.sampleRatioThreshold.bitPattern, terms.qualityMargin?.bitPattern ?? 0,
            terms.judges, terms.shadowPairs, terms.stepRequests, terms.suspicionsMax,
            UInt64(terms.watchShare.basisPoints), terms.shadowTime, terms.stepTime,
            terms.bakeTime, terms.stepDeadline, terms.quarantineDeadline, terms.deadline,
            terms.telemetryGap,
        ]
        let hash = words.reduce(0) { SipHash.hash($0 ^ $1, salt: salt) }
        return Salt(low: salt.low ^ hash, high: salt.high)
    }
}
