// SPDX-License-Identifier: Apache-2.0
import Serving

/// Where a value comes from.
package enum SettingOrigin: Equatable, Sendable {
    case fallback
    case file(path: String, line: Int)
    case environment(name: String)
    case flag(name: String)
}

extension SettingOrigin: CustomStringConvertible {
    package var description: String {
        switch self {
        case .fallback: "default"
        case .file(let path, let line): "\(path.escapedForYAML):\(line)"
        case .environment(let name): "environment \(name.escapedForYAML)"
        case .flag(let name): "flag --\(name)"
        }
    }
}

/// What one source gives, by the names of the settings; not judged yet.
package struct SettingLayer: Sendable {
    struct Value: Sendable {
        let texts: [String]
        let origin: SettingOrigin
    }

    static let environmentPrefix = "MARTLET_"
    /// Names the configuration file, so it cannot stand in it.
    package static let configEnvironmentName = "MARTLET_CONFIG"

    /// Where the commands that ask a server find it: set for a whole shell, and no settings.
    private static let clientNames = [RolloutServer.addressVariable, RolloutServer.tokenVariable]

    var values: [String: Value] = [:]

    /// The settings among a process's variables; lists are separated by commas.
    init(environment: [String: String]) throws(SettingError) {
        // Sorted, so that of two mistakes it is always the same that is told.
        for (name, text) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix(Self.environmentPrefix) && name != Self.configEnvironmentName {
            if Self.isServiceLink(name, text) || Self.clientNames.contains(name) { continue }
            let origin = SettingOrigin.environment(name: name)
            guard let setting = Setting.all.first(where: { $0.environmentName == name }) else {
                let names = Setting.all.map(\.environmentName) + [Self.configEnvironmentName]
                throw .unknown(name, origin, nearest: name.nearest(among: names))
            }
            let texts =
                setting.isList
                ? text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                : [text]
            values[setting.name] = Value(texts: texts, origin: origin)
        }
    }

    /// - Parameter flags: by the names of the settings.
    init(flags: [String: [String]]) {
        for (name, texts) in flags {
            values[name] = Value(texts: texts, origin: .flag(name: name))
        }
    }

    init(values: [String: Value]) {
        self.values = values
    }

    /// Whether the variable is one of those that Kubernetes puts into each container for a Service
    /// called `martlet` or `martlet-…`: `MARTLET_SERVICE_HOST`, `MARTLET_PORT_80_TCP_ADDR` and so
    /// on, after the links of Docker. They are not meant for us.
    package static func isServiceLink(_ name: String, _ text: String) -> Bool {
        let words = name.split(separator: "_", omittingEmptySubsequences: false)
        for index in words.indices.dropFirst() {
            let rest = words[index...]
            switch words[index] {
            case "SERVICE" where ["HOST", "PORT"].contains(rest.dropFirst().first): return true
            case "PORT" where rest.count == 1 && text.contains("://"): return true
            case "PORT" where rest.count >= 3 && ["TCP", "UDP", "SCTP"].contains(rest[index + 2]):
                return true
            default: continue
            }
        }
        return false
    }
}
