// SPDX-License-Identifier: Apache-2.0
package import HTTP1
import JSON
package import Serving

/// How an event is told to a webhook.
package enum WebhookFormat: String, Sendable, CaseIterable {
    /// The event as it is.
    case generic
    /// A message for Slack's incoming webhooks, and for what reads the same.
    case slack
    /// A list of one alert, as Alertmanager's API version 2 takes it.
    case alertmanager

    package func body(_ event: ServiceEvent) -> [UInt8] {
        var bytes: [UInt8] = []
        switch self {
        case .generic: event.json.append(to: &bytes)
        case .slack: Self.message(event).append(to: &bytes)
        case .alertmanager: JSONValue.array([Self.alert(event)]).append(to: &bytes)
        }
        return bytes
    }

    /// Where it goes: of an Alertmanager its address is enough.
    package func target(_ url: HTTPURL) -> String {
        self == .alertmanager && url.target == "/" ? "/api/v2/alerts" : url.target
    }

    private static func message(_ event: ServiceEvent) -> JSONValue {
        let version = event.version.map { " version \($0)" } ?? ""
        let head = "[\(event.severity.rawValue)] \(event.kind.rawValue) of \(event.model)\(version)"
        // What Slack takes for markup in a text.
        let text = "*\(head)*\n\(event.summary)".replacing("&", with: "&amp;")
            .replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return ["text": .string(text)]
    }

    /// Labels say which alert it is, so that what happens again is the same one; the id, which is
    /// another each time, is an annotation.
    private static func alert(_ event: ServiceEvent) -> JSONValue {
        let name =
            switch event.kind {
            case .drift: "MartletDrift"
            case .rollout: "MartletRollout"
            case .quality: "MartletQuality"
            }
        var labels: [JSONValue.Member] = [
            .init(name: "alertname", value: .string(name)),
            .init(name: "severity", value: .string(event.severity.rawValue)),
            .init(name: "model", value: .string(event.model)),
        ]
        if let version = event.version {
            labels.append(.init(name: "version", value: .string("\(version)")))
        }
        if let feature = event.feature {
            labels.append(.init(name: "feature", value: .string(feature)))
        }
        return [
            "labels": .object(labels),
            "annotations": [
                "summary": .string(event.summary), "event_id": .string(event.id),
                "detail": .string(event.detail.text),
            ],
            "startsAt": .string(event.timestamp),
        ]
    }
}
