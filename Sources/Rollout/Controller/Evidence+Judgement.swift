// SPDX-License-Identifier: Apache-2.0

extension Evidence {
    /// The seven that convict, each with its value: means of e-values are e-values.
    func value(of rule: ConvictingRules) -> Double {
        switch rule {
        case .relativeError: errors.value
        case .relativeSlow: (slow95.value + slow99.value) / 2
        case .pairedError: pairedErrors.value
        case .pairedSlow: (pairedTimes.value + pairedSlow.value) / 2
        case .labels: (labels.value + losses.value) / 2
        case .disagreement: disagreement.value
        case .harm: harm.value
        default: 0
        }
    }

    static let convicting: [(rule: ConvictingRules, reason: Reason)] = [
        (.relativeError, .relativeError), (.relativeSlow, .relativeSlow),
        (.pairedError, .pairedError), (.pairedSlow, .pairedSlow), (.labels, .labels),
        (.disagreement, .disagreement), (.harm, .harm),
    ]

    /// The first armed rule that has reached K / α.
    var convictingRule: Reason? {
        let threshold = plan.convictionThreshold
        for (rule, reason) in Self.convicting
        where plan.armed.contains(rule) && value(of: rule) >= threshold {
            return reason
        }
        return nil
    }

    /// The mean of the absolute and the relative test: the first works where errors are rare, the
    /// second where they are common.
    var errorAcceptance: Double { (acceptedErrors.value + acceptedShare.value) / 2 }

    /// The mean of the relative and the absolute test: where every request is quicker than anyone
    /// can tell, none is slow and the first has nothing to go by.
    var slowAcceptance: Double { (acceptedSlow.value + acceptedTimes.value) / 2 }

    /// Out of shadow: the answers agree.
    var agrees: Bool {
        !plan.armed.contains(.disagreement) || agreement.value >= plan.acceptanceThreshold
    }

    /// To the next step.
    var isAcceptable: Bool {
        errorAcceptance >= plan.acceptanceThreshold
            && (!plan.armed.judgesSlowness || slowAcceptance >= plan.acceptanceThreshold)
    }

    /// To promotion: labels too, where the plan asks them.
    var isGoodEnough: Bool {
        isAcceptable
            && (plan.qualityMargin == nil || quality.value >= plan.acceptanceThreshold)
    }
}

extension RolloutController {
    /// Every statistic as it stands, in a fixed order: what an audit record holds.
    package var measures: [Measure] {
        let suspicion = plan.suspicionThreshold
        let acceptance = plan.acceptanceThreshold
        var measures = Evidence.convicting.map { rule, reason in
            Measure(
                name: reason.name, value: evidence.value(of: rule),
                threshold: plan.armed.contains(rule) ? plan.convictionThreshold : nil)
        }
        let rest: [(String, Double, Double?)] = [
            ("suspicion", evidence.suspicion.value, suspicion),
            ("stable_trouble", evidence.trouble.value, suspicion),
            ("recovery", evidence.recovery.value, acceptance),
            ("error_acceptance", evidence.errorAcceptance, acceptance),
            ("slow_acceptance", evidence.slowAcceptance, acceptance),
            ("agreement", evidence.agreement.value, acceptance),
            ("quality", evidence.quality.value, acceptance),
            ("sample_ratio", evidence.sampleRatio.value, plan.sampleRatioThreshold),
            ("error_limit", evidence.limit, nil),
            ("candidate_requests", Double(counts.candidateRequests), nil),
            ("candidate_failures", Double(counts.candidateFailures), nil),
            ("stable_requests", Double(counts.stableRequests), nil),
            ("stable_failures", Double(counts.stableFailures), nil),
            ("pairs", Double(counts.pairs), nil),
            ("discordant_pairs", Double(counts.discordantPairs), nil),
            ("comparisons", Double(counts.comparisons), nil),
            ("disagreements", Double(counts.disagreements), nil),
            ("labels_seen", Double(counts.labels), nil),
            ("mean_loss_difference", evidence.losses.average, nil),
            ("suspicions", Double(suspicions), nil),
        ]
        measures += rest.map { Measure(name: $0.0, value: $0.1, threshold: $0.2) }
        return measures
    }
}
