// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why settings are refused.
package enum SettingError: Error, Equatable, Sendable {
    case invalid(_ setting: String, _ text: String, SettingOrigin, allowed: String)
    /// No setting has this name.
    case unknown(_ name: String, SettingOrigin, nearest: String?)
    /// A setting that has no default is not given.
    case missing(_ setting: String)
    /// Values that are allowed each by itself, but not together.
    case conflict(_ setting: String, _ reason: String)
    case unreadableFile(path: String, errno: Int32)
    case malformedFile(SettingOrigin, reason: String)
}

extension SettingError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalid(let setting, let text, let origin, let allowed):
            "\(setting) (\(origin)): \(text.quotedForYAML) is not \(allowed)"
        case .unknown(let name, let origin, let nearest):
            "\(origin): there is no setting \(name.quotedForYAML)"
                + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .missing(let setting):
            "\(setting) is not set: give --\(setting), "
                + "\(Setting.named(setting)?.environmentName ?? "") or '\(setting)' in a file, "
                + (Setting.named(setting)?.allowed ?? "")
        case .conflict(let setting, let reason): "\(setting) \(reason)"
        case .unreadableFile(let path, let errno):
            "configuration file \(path.quotedForYAML): \(String(cString: strerror(errno)))"
        case .malformedFile(let origin, let reason): "\(origin): \(reason)"
        }
    }
}
