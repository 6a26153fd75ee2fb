// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

/// Whether this server should be sent traffic, and why not.
///
/// Ready means: every promised alias answers a live prediction, now, and the server is not
/// draining. A registry out of reach or a refused new version is told but does not count: what is
/// served goes on.
struct HealthReport {
    private enum Status: String {
        case pass, warn, fail
    }

    private struct Check {
        let name: String
        let status: Status
        let detail: String?
        var version: Int?
    }

    private var checks: [Check] = []

    init(set: ServingSet, isDraining: Bool) {
        if isDraining {
            checks.append(Check(name: "drain", status: .fail, detail: "the server is stopping"))
        }
        if let fault = set.registryFault {
            checks.append(Check(name: "registry", status: .warn, detail: fault))
        }
        if set.promises.isEmpty {
            checks.append(
                Check(
                    name: "models", status: .fail,
                    detail: "no model in the registry has the alias 'production'"))
        }
        for promise in set.promises { checks.append(Self.check(promise, set)) }
    }

    private static func check(_ promise: Promise, _ set: ServingSet) -> Check {
        let name = "model:\(promise.model)@\(promise.alias)"
        guard let entry = set.entry(named: promise.model) else {
            return Check(name: name, status: .fail, detail: "the model is not in the registry")
        }
        let fault = entry.faults[promise.alias]
        guard let served = entry.aliases[promise.alias] else {
            return Check(name: name, status: .fail, detail: fault ?? "nothing is served")
        }
        guard served.passesLivePrediction() else {
            return Check(
                name: name, status: .fail, detail: "a live prediction failed",
                version: served.version)
        }
        return Check(
            name: name, status: fault == nil ? .pass : .warn, detail: fault, version: served.version
        )
    }

    var isReady: Bool { checks.allSatisfy { $0.status != .fail } }

    func answer(_ response: inout HTTPResponse) {
        response.status = isReady ? .ok : .serviceUnavailable
        let document: JSONValue = [
            "status": isReady ? "ready" : "not ready",
            "checks": .array(
                checks.map { check in
                    var members: [JSONValue.Member] = [
                        .init(name: "name", value: .string(check.name)),
                        .init(name: "status", value: .string(check.status.rawValue)),
                    ]
                    if let version = check.version {
                        members.append(.init(name: "version", value: .integer(version)))
                    }
                    if let detail = check.detail {
                        members.append(.init(name: "detail", value: .string(detail)))
                    }
                    return .object(members)
                }),
        ]
        document.append(to: &response.body)
        response.body.append(0x0A)
    }

    static func answerLiveness(isAlive: Bool, _ response: inout HTTPResponse) {
        response.status = isAlive ? .ok : .serviceUnavailable
        response.body.append(isAlive ? "{\"status\":\"alive\"}\n" : "{\"status\":\"stuck\"}\n")
    }
}
