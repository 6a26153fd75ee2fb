// SPDX-License-Identifier: Apache-2.0
import JSON
package import Registry
package import Rollout

/// A rollout as this server knows it: its record in the registry, a controller for each candidate,
/// and the steps that the registry has not recorded yet.
///
/// What protects users happens at once and is recorded as soon as may be; what exposes more of them
/// to a candidate happens when it has been recorded. Pure: no clock, no registry.
package struct LiveRollout: Sendable {
    /// A transition that waits to be recorded.
    package struct Step: Equatable, Sendable {
        package let to: String
        package let isTerminal: Bool
        package let reason: String
        /// JSON text.
        package let evidence: String
        package let actor: String
        /// The version that production moves to.
        package let promotes: Int?
    }

    /// Who decides when no operator does.
    package static let controllerActor = "martlet"

    package internal(set) var record: RolloutRecord
    package let document: PlanDocument
    package let salt: Salt
    /// The candidates' versions.
    package let versions: [Int]
    package internal(set) var controllers: [RolloutController]
    /// The traffic as it is to be now: recorded, or safer than that.
    package internal(set) var routings: [Routing]
    package internal(set) var steps: [Step] = []

    /// - Throws: what is wrong with the recorded plan, or with the salt.
    package init(_ record: RolloutRecord, at now: UInt64) throws(RolloutProblem) {
        guard let salt = Salt(hex: record.salt) else { throw .malformedRecord("salt") }
        self.record = record
        self.salt = salt
        document = try Self.document(record.plan)
        if let experiment = document.experiment {
            versions = experiment.arms.dropFirst().map(\.version)
            controllers = try Self.controllers(of: experiment, document.plan, salt)
        } else {
            versions = [record.candidate]
            controllers = [RolloutController(plan: document.plan, salt: salt)]
        }
        guard record.states.allSatisfy({ $0 != nil }) else { throw .malformedRecord("state") }
        routings = controllers.map { _ in .stableOnly }
        for index in controllers.indices { _ = controllers[index].start(at: now) }
        follow(record)
    }

    /// Goes on with what a controller knew before the server ended, where that is of this rollout.
    ///
    /// - Parameter recordedSequence: of the record that the server had followed then.
    package mutating func restore(_ bytes: [UInt8], candidate index: Int, recordedSequence: Int) {
        guard controllers.indices.contains(index),
            var restored = try? RolloutController(
                plan: controllers[index].plan, salt: salt, snapshot: bytes),
            // A promotion that was not recorded did not happen: its evidence is gathered again.
            restored.state != .promoted
        else { return }
        let recorded = controllers[index].state
        if restored.state != recorded {
            // Another server has gone on meanwhile, or this one had not got to record it. What was
            // over for this one is recorded in any case.
            let isNews =
                !restored.state.isTerminal
                && (record.sequence > recordedSequence || !Self.isProtective(restored.state))
            if isNews {
                _ = restored.adopt(recorded, sequence: restored.sequence + 1)
            } else {
                controllers[index] = restored
                protect(restored.routing, candidate: index)
                append(restored.state.reason?.name ?? "restored", Self.controllerActor, nil)
                return
            }
        }
        controllers[index] = restored
        routings[index] = restored.routing
    }

    /// The states of all candidates, as they are recorded.
    package var stateText: String { controllers.map(\.state.text).joined(separator: " ") }

    package var isTerminal: Bool { controllers.allSatisfy(\.state.isTerminal) }

    package var isVerifying: Bool { controllers.contains { $0.state == .verifying } }

    package var verdict: Verdict { Verdict(of: controllers.map(\.state)) }

    private static func document(_ text: String) throws(RolloutProblem) -> PlanDocument {
        do {
            return try PlanDocument(json: try .init(parsing: text))
        } catch let problem as PlanProblem {
            throw .plan(problem)
        } catch {
            throw .malformedRecord("plan")
        }
    }

    /// An experiment keeps its weights until its deadline; its candidates can be suspected and
    /// convicted, each beside the first arm, and only an operator promotes one.
    private static func controllers(
        of experiment: ExperimentPlan, _ plan: RolloutPlan, _ salt: Salt
    ) throws(RolloutProblem) -> [RolloutController] {
        var terms = plan.terms
        terms.judges = max(terms.judges, UInt64(experiment.arms.count - 1))
        terms.stepRequests = .max
        terms.stepDeadline = 50 * 365 * 86_400 * Terms.second
        let control = experiment.arms[0].weight
        var controllers: [RolloutController] = []
        for arm in experiment.arms.dropFirst() {
            terms.steps = [Self.share(of: arm.weight, beside: control)]
            do throws(PlanError) {
                controllers.append(
                    RolloutController(plan: try RolloutPlan(terms), salt: salt))
            } catch {
                throw .plan(PlanProblem(error))
            }
        }
        return controllers
    }

    /// An arm's share of the keys that are its own or the first arm's.
    static func share(of weight: Weight, beside control: Weight) -> Weight {
        let own = Int(weight.basisPoints)
        let all = own + Int(control.basisPoints)
        let points = (own * 10_000 + all / 2) / max(1, all)
        return Weight(basisPoints: min(9_999, max(1, points))) ?? .none
    }
}

// MARK: - Deciding

extension LiveRollout {
    package mutating func observe(_ batch: Batch, candidate index: Int, at now: UInt64) {
        if let transition = controllers[index].observe(batch, at: now) {
            take(transition, candidate: index)
        }
    }

    package mutating func tick(at now: UInt64) {
        for index in controllers.indices {
            // A state may end as soon as it has begun, but no rollout has that many.
            for _ in 0..<8 {
                guard let transition = controllers[index].tick(at: now) else { break }
                take(transition, candidate: index)
            }
        }
    }

    /// The candidates have been loaded and checked, or one of them has failed that.
    package mutating func verified(_ isSound: Bool, _ reason: String?, at now: UInt64) {
        for index in controllers.indices {
            if let transition = controllers[index].verified(isSound, at: now) {
                take(transition, candidate: index, note: reason)
            }
        }
    }

    package mutating func blow(_ fuse: Fuse, _ reason: String) {
        for index in controllers.indices {
            if let transition = controllers[index].blow(fuse) {
                take(transition, candidate: index, note: reason)
            }
        }
    }

    /// An operator's wish.
    ///
    /// - Parameter version: which candidate of an experiment is promoted.
    /// - Returns: whether it applied.
    package mutating func obey(
        _ command: Command, version: Int?, actor: String, reason: String?, at now: UInt64
    ) -> Bool {
        guard command != .promote || versions.count == 1 || version != nil else { return false }
        var promoted: Int?
        var hasMoved = false
        var previous = controllers
        for index in controllers.indices {
            let isChosen = versions.count == 1 || version == nil || versions[index] == version
            let own = command == .promote && !isChosen ? .supersede : command
            guard let transition = controllers[index].obey(own, at: now) else { continue }
            hasMoved = true
            if case .promoted = transition.to { promoted = versions[index] }
            if Self.isProtective(transition.to) { protect(transition.routing, candidate: index) }
        }
        if command == .promote, promoted == nil {
            swap(&controllers, &previous)
            return false
        }
        guard hasMoved else { return false }
        let note = reason.map { "operator: \($0)" } ?? "operator"
        append(note, actor, promoted)
        return true
    }

    /// Gives up a promotion that the registry refused, as production is somewhere else by now.
    package mutating func abandon(_ reason: String) {
        for index in controllers.indices { follow(.superseded, candidate: index) }
        routings = controllers.map(\.routing)
        steps = []
        append(reason, Self.controllerActor, nil)
    }

    /// Ends it because something newer has taken its place.
    package mutating func supersede(_ reason: String, actor: String) {
        var hasMoved = false
        for index in controllers.indices {
            guard let transition = controllers[index].obey(.supersede, at: 0) else { continue }
            routings[index] = transition.routing
            hasMoved = true
        }
        if hasMoved { append(reason, actor, nil) }
    }

    private mutating func take(
        _ transition: Transition, candidate index: Int, note: String? = nil
    ) {
        if Self.isProtective(transition.to) { protect(transition.routing, candidate: index) }
        var promoted: Int?
        if case .promoted = transition.to { promoted = versions[index] }
        let reason = transition.reason.name
        append(note.map { "\(reason): \($0)" } ?? reason, Self.controllerActor, promoted)
    }

    /// A pause in a step that has not been recorded yet shows no more than the step before.
    mutating func protect(_ routing: Routing, candidate index: Int) {
        guard routing.candidateWeight <= routings[index].candidateWeight else { return }
        routings[index] = routing
    }

    mutating func append(_ reason: String, _ actor: String, _ promotes: Int?) {
        steps.append(
            Step(
                to: stateText, isTerminal: isTerminal, reason: reason,
                evidence: controllers.evidenceJSON.text, actor: actor, promotes: promotes))
    }

    /// Whether a state shows no user more of the candidate than the one before.
    static func isProtective(_ state: RolloutState) -> Bool {
        switch state {
        case .quarantined, .paused, .rolledBack, .expired, .superseded, .aborted: true
        case .created, .verifying, .running, .promoted: false
        }
    }
}
