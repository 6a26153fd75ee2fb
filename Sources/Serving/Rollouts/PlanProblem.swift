// SPDX-License-Identifier: Apache-2.0
import JSON
package import Rollout

/// Why a plan's document is refused: the member at fault and its value.
package enum PlanProblem: Error, Equatable, Sendable {
    /// The document is no JSON object.
    case notAnObject
    case unknownMember(_ name: String, nearest: String?)
    /// Missing where others of its kind stand.
    case missingMember(_ name: String)
    /// - Parameter value: as JSON.
    case wrongValue(_ member: String, value: String, expected: String)
    /// The value is well formed, but not fit for the plan.
    case unfit(_ member: String, PlanError)
}

extension PlanProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAnObject: "a plan is a JSON object"
        case .unknownMember(let name, let nearest):
            "a plan has no member '\(name)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .missingMember(let name): "'\(name)' is missing"
        case .wrongValue(let member, let value, let expected):
            "'\(member)' is \(value), not \(expected)"
        case .unfit(let member, let error): "'\(member)' \(error.sentence)"
        }
    }

    /// A value may be as long as a request: an error tells its beginning.
    init(_ member: String, _ value: JSONValue, _ expected: String) {
        let text = value.text
        self = .wrongValue(
            member, value: text.utf8.count > 64 ? "\(text.prefix(60))…" : text, expected: expected)
    }

    /// What a checked plan refuses, by the member of the document that brought it.
    init(_ error: PlanError) {
        let member =
            switch error {
            case .noSteps, .stepsDoNotGrow, .tooManySteps: "steps"
            case .outOfRange(let term, _): term.replacing(" ", with: "_")
            case .countOutOfRange(let term, _), .deadlineBeforeDwell(let term):
                Self.member(ofCount: term)
            case .nothingArmed: "rules"
            case .marginWithoutPairs: "quality_margin"
            case .armCount, .armWithoutWeight, .weightsDoNotSumToAll: "arms"
            case .layerSlice: "layer"
            }
        self = .unfit(member, error)
    }

    /// Times are called after what they measure and members after their unit too.
    private static func member(ofCount term: String) -> String {
        let words = term.split(separator: " ")
        switch words.last {
        case "time": return "\(words.dropLast().joined(separator: "_"))_seconds"
        case "deadline", "gap": return "\(words.joined(separator: "_"))_seconds"
        default: return words.joined(separator: "_")
        }
    }
}

extension PlanError {
    /// What is wrong, behind the name of the member.
    fileprivate var sentence: String {
        switch self {
        case .noSteps: "has no first step above 0"
        case .stepsDoNotGrow(let index): "does not grow at place \(index + 1)"
        case .tooManySteps(let count): "has \(count) steps; 64 are the most"
        case .outOfRange(_, let value): "is \(value), which is out of its range"
        case .countOutOfRange(let term, let value):
            PlanMember.isTime(term)
                ? "is \(Double(value) / 1e9), which is out of its range"
                : "is \(value), which is out of its range"
        case .deadlineBeforeDwell: "must be longer than step_seconds and shadow_seconds"
        case .nothingArmed: "arms no rule, so that nothing could convict"
        case .marginWithoutPairs:
            "asks for labels, which compare both versions' answers: it needs shadow"
        case .armCount(let count): "has \(count) arms; two to eight are an experiment"
        case .armWithoutWeight(let index): "gives arm \(index + 1) no weight"
        case .weightsDoNotSumToAll(let points):
            "has weights of \(Double(points) / 1e4) together, not 1"
        case .layerSlice(let slice): "is \(slice), which is no slice of 0 to 10000"
        }
    }
}
