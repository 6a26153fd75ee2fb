// SPDX-License-Identifier: Apache-2.0
package import JSON

/// `{"type": "regression"}`, `{"type": "binary" | "multiclass", "labels": […]}` or
/// `{"type": "clusters", "count": 8}`, each with `link`, `threshold` and `divisor` where they are
/// not the task's own.
extension Output {
    package var json: JSONValue {
        var members: [JSONValue.Member] = []
        switch task {
        case .regression: members.append(.init(name: "type", value: "regression"))
        case .binary: members.append(.init(name: "type", value: "binary"))
        case .multiclass: members.append(.init(name: "type", value: "multiclass"))
        case .clusters(let count):
            members.append(.init(name: "type", value: "clusters"))
            members.append(.init(name: "count", value: .integer(count)))
        }
        if !labels.isEmpty {
            members.append(.init(name: "labels", value: .array(labels.map { .string($0) })))
        }
        if link != Self.standardLink(task) { members.append(.init(name: "link", value: link.json)) }
        if threshold != 0.5 { members.append(.init(name: "threshold", value: .number(threshold))) }
        if divisor != 1 { members.append(.init(name: "divisor", value: .number(divisor))) }
        return .object(members)
    }

    init(json: JSONValue) throws(ArtifactError) {
        let labels = (json["labels"]?.array ?? []).compactMap(\.string)
        let task: Task
        switch json["type"]?.string {
        case "regression": task = .regression
        case "binary": task = .binary(labels: labels)
        case "multiclass": task = .multiclass(labels: labels)
        case "clusters": task = .clusters(json["count"]?.integer ?? 0)
        default:
            throw .invalidField(
                "output.type", "not regression, binary, multiclass or clusters")
        }
        let link = try json["link"].map { json throws(ArtifactError) in try Link(json: json) }
        func number(_ name: String, default value: Double) throws(ArtifactError) -> Double {
            guard let member = json[name] else { return value }
            guard let number = member.number else {
                throw .invalidField("output.\(name)", "not a number")
            }
            return number
        }
        let threshold = try number("threshold", default: 0.5)
        let divisor = try number("divisor", default: 1)
        guard Output(task) != nil else {
            throw json["count"] == nil
                ? .invalidField("output.labels", "not the right number of distinct strings")
                : .invalidField("output.count", "not a positive number")
        }
        guard let output = Output(task, link: link, threshold: threshold, divisor: divisor) else {
            throw .invalidField(
                "output", "the link, the threshold or the divisor does not fit the task")
        }
        self = output
    }
}

/// `{"type": "logistic", "slope": 1, "intercept": 0}` and the like.
extension Link {
    var json: JSONValue {
        switch self {
        case .identity: ["type": "identity"]
        case .logistic(let slope, let intercept):
            ["type": "logistic", "slope": .number(slope), "intercept": .number(intercept)]
        case .softmax(let scale): ["type": "softmax", "scale": .number(scale)]
        case .exponential: ["type": "exponential"]
        case .signedSquare: ["type": "signed_square"]
        case .logOnePlusExponential: ["type": "log_one_plus_exponential"]
        case .anomalyScore(let pathLength):
            ["type": "anomaly_score", "path_length": .number(pathLength)]
        case .isotonic(let curve):
            [
                "type": "isotonic", "margins": .array(curve.margins.map { .number($0) }),
                "values": .array(curve.values.map { .number($0) }),
            ]
        }
    }

    init(json: JSONValue) throws(ArtifactError) {
        func number(_ name: String) throws(ArtifactError) -> Double {
            guard let value = json[name]?.number else { throw .missingField("output.link.\(name)") }
            return value
        }
        func numbers(_ name: String) throws(ArtifactError) -> [Double] {
            guard let values = json[name]?.array, case let numbers = values.compactMap(\.number),
                numbers.count == values.count
            else { throw .missingField("output.link.\(name)") }
            return numbers
        }
        switch json["type"]?.string {
        case "identity": self = .identity
        case "logistic":
            self = .logistic(slope: try number("slope"), intercept: try number("intercept"))
        case "softmax": self = .softmax(scale: try number("scale"))
        case "exponential": self = .exponential
        case "signed_square": self = .signedSquare
        case "log_one_plus_exponential": self = .logOnePlusExponential
        case "anomaly_score": self = .anomalyScore(pathLength: try number("path_length"))
        case "isotonic":
            guard
                let curve = IsotonicCurve(
                    margins: try numbers("margins"), values: try numbers("values"))
            else { throw .invalidField("output.link", "the curve falls somewhere") }
            self = .isotonic(curve)
        default: throw .invalidField("output.link.type", "unknown to this version")
        }
    }
}
