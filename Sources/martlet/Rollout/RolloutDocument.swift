// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON

/// A rollout as the API tells of it; what is not there is not shown.
struct RolloutDocument {
    let json: JSONValue
    let id: Int
    let model: String
    let state: String

    init?(_ json: JSONValue) {
        guard let id = json["id"]?.integer, let state = json["state"]?.string else { return nil }
        self.json = json
        self.id = id
        self.state = state
        model = json["model"]?.string ?? "-"
    }

    var sequence: Int { json["sequence"]?.integer ?? 0 }
    var isTerminal: Bool { json["is_terminal"]?.boolean ?? false }
    var verdict: Verdict { Verdict(json["verdict"]?.string) }

    /// Whether it is where `text` says: at a state, or in any of a kind (`canary` for `canary:1`).
    func isIn(_ text: String) -> Bool {
        state.split(separator: " ").contains { $0 == text || $0.hasPrefix("\(text):") }
    }

    /// `3 -> 4`, or the arms of an experiment.
    var versions: String {
        if let arms = json["arms"]?.array {
            return arms.map {
                "\($0["version"]?.integer ?? 0):\(Self.percent($0["weight"]?.number))"
            }.joined(separator: " ")
        }
        let version = { (name: String) in json[name]?.integer.map { "\($0)" } ?? "-" }
        return "\(version("stable")) -> \(version("candidate"))"
    }

    func write() {
        var rows = [
            ["model", model], ["kind", json["kind"]?.string ?? "-"], ["versions", versions],
            ["state", state], ["verdict", "\(verdict) (\(json["reason"]?.string ?? "-"))"],
        ]
        if let weight = json["candidate_weight"]?.number {
            rows.append(["weight", Self.percent(weight)])
        }
        if let exposure = json["exposure"]?.number {
            rows.append(["exposure", Self.percent(exposure)])
        }
        if let time = json["created_at"]?.string {
            rows.append(["created", "\(time) by \(json["created_by"]?.string ?? "-")"])
        }
        if let time = json["updated_at"]?.string { rows.append(["updated", time]) }
        if let fault = json["fault"]?.string { rows.append(["not recorded", fault]) }
        Console.table(["rollout", "\(id)"], rows)
        Self.write(evidence: json["evidence"])
    }

    /// A list of values by name, or an object of them.
    static func write(evidence: JSONValue?) {
        let rows: [(name: String, item: JSONValue)] =
            evidence?.array?.map { ($0["name"]?.string ?? "-", $0) }
            ?? evidence?.members?.map { ($0.name, $0.value) } ?? []
        guard !rows.isEmpty else { return }
        Console.line("")
        Console.table(
            ["EVIDENCE", "VALUE", "THRESHOLD"],
            rows.map {
                [$0.name, number($0.item["value"]?.number), number($0.item["threshold"]?.number)]
            })
    }

    /// Four significant digits are enough to see how far it is.
    private static func number(_ value: Double?) -> String {
        guard let value else { return "-" }
        if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
        if abs(value) >= 1000, abs(value) < 1e15 { return "\(Int(value.rounded()))" }
        var scale = 1.0
        while abs(value) * scale < 1000, scale < 1e12 { scale *= 10 }
        return "\((value * scale).rounded() / scale)"
    }

    static func percent(_ share: Double?) -> String {
        guard let share, (0...1).contains(share) else { return "-" }
        let points = Int((share * 10_000).rounded())
        let (whole, rest) = points.quotientAndRemainder(dividingBy: 100)
        let digits =
            rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : ".\(rest < 10 ? "0" : "")\(rest)"
        return "\(whole)\(digits)%"
    }
}

/// What a rollout comes to, and the exit status that tells a script so.
enum Verdict: String, CustomStringConvertible {
    case pass, fail, inconclusive

    /// What is no verdict is no decision.
    init(_ text: String?) {
        self = text.flatMap(Verdict.init(rawValue:)) ?? .inconclusive
    }

    var description: String { rawValue }

    var exitCode: ExitCode {
        switch self {
        case .pass: ExitCode(0)
        case .fail: ExitCode(3)
        case .inconclusive: ExitCode(4)
        }
    }
}
