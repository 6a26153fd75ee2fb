// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON
import Registry
import Rollout

/// What can be asked of one rollout, by the last segment of its path.
enum RolloutVerb: String, CaseIterable, Sendable {
    case history, verdict
    case promote, abort, pause, resume, rollback
    case confirmPromotion = "confirm-promotion"
    case confirmRollback = "confirm-rollback"

    /// Whether it is asked by POST.
    var isCommand: Bool { self != .history && self != .verdict }

    /// Whether it changes the rollout.
    var isOrder: Bool { command != nil }

    fileprivate var command: Command? {
        switch self {
        case .promote: .promote
        case .abort: .abort
        case .pause: .pause
        case .resume: .resume
        case .rollback: .rollBack
        case .history, .verdict, .confirmPromotion, .confirmRollback: nil
        }
    }
}

/// The routes of rollouts. They are answered off the loops, as they wait for the registry.
extension Service {
    func answerRollouts(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, actor: String,
        _ coding: ResponseCoding
    ) throws(Problem) -> HTTPDisposition {
        let engine = try engine()
        guard request.method == .post else {
            return express(coding) { () throws(RolloutProblem) in
                (.ok, ["rollouts": .array(engine.documents().map(\.json))])
            }
        }
        let text = try order(of: request, message)
        let forbidsPublisher = context.forbidsSelfPromotion
        let audit = context.audit
        let names = RequestNames(requestID, request, message)
        return express(coding) { () throws(RolloutProblem) in
            let order = try RolloutEngine.Order(text)
            let document = try engine.start(
                order, actor: actor, forbidsPublisher: forbidsPublisher)
            audit?.record(order: "start", onRollout: document.record.id, actor: actor, names: names)
            return (.created, document.json)
        }
    }

    func answerRollout(
        _ id: Range<Int>, _ verb: RolloutVerb?, _ request: borrowing HTTPRequest,
        _ message: Span<UInt8>, actor: String, _ coding: ResponseCoding
    ) throws(Problem) -> HTTPDisposition {
        let engine = try engine()
        let written = ServingSet.string(id, message)
        guard let id = Int(written), "\(id)" == written else {
            throw .rollout(.unknown(id: written))
        }
        let text = verb?.isOrder == true ? try order(of: request, message) : []
        let forbidsPublisher = context.forbidsSelfPromotion
        let audit = context.audit
        let names = RequestNames(requestID, request, message)
        return express(coding) { () throws(RolloutProblem) in
            switch verb {
            case nil: return (.ok, try engine.document(of: id).json)
            case .history:
                let events = try engine.events(of: id)
                return (.ok, ["events": .array(events.map(\.json))])
            case .verdict: return (.ok, try engine.document(of: id).verdictJSON)
            case .confirmPromotion:
                let document = try engine.document(of: id)
                return (document.verdict == .pass ? .ok : .conflict, document.verdictJSON)
            case .confirmRollback:
                let document = try engine.document(of: id)
                return (document.verdict == .fail ? .ok : .conflict, document.verdictJSON)
            case let verb?:
                guard let command = verb.command else { throw .unknown(id: verb.rawValue) }
                let wish = try Wish(text)
                let document = try engine.carryOut(
                    command, on: id, version: wish.version, actor: actor, reason: wish.reason,
                    forbidsPublisher: forbidsPublisher)
                audit?.record(order: verb.rawValue, onRollout: id, actor: actor, names: names)
                return (.ok, document.json)
            }
        }
    }

    /// The optional body of a command.
    private struct Wish {
        var reason: String?
        /// Which version of an experiment is promoted.
        var version: Int?

        init(_ text: [UInt8]) throws(RolloutProblem) {
            guard !text.isEmpty else { return }
            for member in try RolloutEngine.Order.members(of: text) {
                switch (member.name, member.value) {
                case ("reason", .string(let value)): reason = value
                case ("version", let value):
                    guard let number = value.wholeNumber, number > 0 else {
                        throw .malformedRequest("'version' is no version's number")
                    }
                    version = number
                case ("reason", _): throw .malformedRequest("'reason' is no text")
                default: throw .malformedRequest("'\(member.name)' is not 'reason' or 'version'")
                }
            }
        }
    }

    private func engine() throws(Problem) -> RolloutEngine {
        guard let engine = context.rollouts else { throw .noSuchRoute }
        return engine
    }

    /// The text of an order. It has to say that it is JSON: a browser sends that for a page of
    /// another site only after it has asked, and other types at once.
    private func order(
        of request: borrowing HTTPRequest, _ message: Span<UInt8>
    ) throws(Problem) -> [UInt8] {
        guard !request.body.isEmpty else { return [] }
        try checkIsJSON(request, message)
        return body(of: request, message)
    }

    private func express(
        _ coding: ResponseCoding,
        _ make: @escaping @Sendable () throws(RolloutProblem) -> (HTTPStatus, JSONValue)
    ) -> HTTPDisposition {
        let requestID = requestID
        return .deferred(
            HTTPWork(express: { response in
                do throws(RolloutProblem) {
                    let (status, document) = try make()
                    response.status = status
                    response.append(document)
                    if status == .created, let id = document["id"]?.integer {
                        response.appendField("Location", text: "/rollouts/\(id)")
                    }
                    coding.apply(to: &response)
                } catch {
                    response.set(.rollout(error), requestID: requestID.span)
                }
            }))
    }
}

extension RolloutEngine.Order {
    fileprivate static func members(
        of text: [UInt8]
    ) throws(RolloutProblem) -> [JSONValue.Member] {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue(parsing: text.span)
        } catch {
            throw .malformedRequest("the body is not JSON: \(error)")
        }
        guard let members = document.members else {
            throw .malformedRequest("the body is not a JSON object")
        }
        return members
    }

    /// `{"model": …, "candidate": 4, "plan": {…}, "supersede": false, "reason": …}`.
    fileprivate init(_ text: [UInt8]) throws(RolloutProblem) {
        self.init(plan: PlanDocument(plan: try Self.standardPlan()), supersedes: false)
        for member in try Self.members(of: text) {
            switch (member.name, member.value) {
            case ("model", .string(let name)): model = name
            case ("candidate", let value):
                guard let version = value.wholeNumber, version > 0 else {
                    throw .malformedRequest("'candidate' is no version's number")
                }
                candidate = version
            case ("supersede", .boolean(let value)): supersedes = value
            case ("reason", .string(let value)): reason = value
            case ("plan", let value):
                do throws(PlanProblem) {
                    plan = try PlanDocument(json: value)
                } catch {
                    throw .plan(error)
                }
            case ("model", _), ("supersede", _), ("reason", _):
                throw .malformedRequest("'\(member.name)' has the wrong type")
            default: throw .malformedRequest("'\(member.name)' is no member of a rollout")
            }
        }
    }

    private static func standardPlan() throws(RolloutProblem) -> RolloutPlan {
        do throws(PlanError) {
            return try RolloutPlan()
        } catch {
            throw .plan(PlanProblem(error))
        }
    }
}
