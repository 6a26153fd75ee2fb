// SPDX-License-Identifier: Apache-2.0
package import HTTP1
package import HTTPServer
package import Logging
package import Serving

/// One setting of `martlet serve`: a row of the table that is `Setting.all`.
///
/// The row is all there is to write for a setting. Its flag, its environment variable, its key in
/// the configuration file, `--help`, `--print-config` and `docs/configuration.md` follow from it;
/// its default is what `ServeSettings` holds at the row's key path.
package struct Setting: Sendable {
    /// What a value may be, and where it is kept.
    package enum Kind: Sendable {
        /// A whole number within bounds, of a unit.
        case count(any WritableKeyPath<ServeSettings, Int> & Sendable, ClosedRange<Int>, of: String)
        /// A part of a whole, 0 to 1.
        case share(any WritableKeyPath<ServeSettings, Double> & Sendable)
        case address(any WritableKeyPath<ServeSettings, SocketAddress> & Sendable)
        /// An address that need not be given.
        case optionalAddress(any WritableKeyPath<ServeSettings, SocketAddress?> & Sendable)
        /// Yes or no; as a flag it has no value.
        case toggle(any WritableKeyPath<ServeSettings, Bool> & Sendable)
        case level(any WritableKeyPath<ServeSettings, Logger.Level> & Sendable)
        /// A path that must be given.
        case path(any WritableKeyPath<ServeSettings, String> & Sendable)
        case optionalPath(any WritableKeyPath<ServeSettings, String?> & Sendable)
        case paths(any WritableKeyPath<ServeSettings, [String]> & Sendable)
        /// A name that need not be given.
        case optionalName(any WritableKeyPath<ServeSettings, String?> & Sendable)
        /// Any number of names.
        case names(any WritableKeyPath<ServeSettings, [String]> & Sendable)
        case models(any WritableKeyPath<ServeSettings, [Promise]> & Sendable)
        case optionalURL(any WritableKeyPath<ServeSettings, HTTPURL?> & Sendable)
        case webhookFormat(any WritableKeyPath<ServeSettings, WebhookFormat> & Sendable)
    }

    /// In words that `-` joins, the unit among them: the flag and the key in the file.
    package let name: String
    /// Another name for the flag.
    let flagAlias: String?
    package let kind: Kind
    /// One sentence or a few, without the default.
    package let meaning: String

    init(_ name: String, alias: String? = nil, _ kind: Kind, _ meaning: String) {
        self.name = name
        flagAlias = alias
        self.kind = kind
        self.meaning = meaning
    }

    package static func named(_ name: String) -> Setting? {
        all.first { $0.name == name }
    }

    /// `MARTLET_` and the name, in upper case with `_` for `-`.
    package var environmentName: String {
        SettingLayer.environmentPrefix + name.uppercased().replacing("-", with: "_")
    }

    var isList: Bool {
        switch kind {
        case .paths, .names, .models: true
        case .count, .share, .address, .optionalAddress, .toggle, .level, .path, .optionalPath,
            .optionalName, .optionalURL, .webhookFormat:
            false
        }
    }

    /// What a value may be, for a sentence: "… is not a whole number from 1 to 9 (seconds)".
    package var allowed: String {
        switch kind {
        case .count(_, let range, let unit):
            "a whole number from \(range.lowerBound) to \(range.upperBound) (\(unit))"
        case .share: "a number from 0 to 1"
        case .toggle: "true or false"
        case .address, .optionalAddress: "an address and port like 127.0.0.1:8080 or [::1]:8080"
        case .level:
            "one of " + Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
        case .path, .optionalPath, .paths: "a path"
        case .optionalURL: "a URL like https://host/path, without user information"
        case .webhookFormat:
            "one of " + WebhookFormat.allCases.map(\.rawValue).joined(separator: ", ")
        case .optionalName, .names: "a name"
        case .models:
            "NAME or NAME@ALIAS, names of a-z, 0-9, '.', '_' and '-', an alias not a number"
        }
    }

    /// What stands for a value in `--help`.
    var valueName: String {
        switch kind {
        case .count(_, _, let unit): unit.replacing(" ", with: "-")
        case .share: "share"
        case .address, .optionalAddress: "address:port"
        case .toggle: "true|false"
        case .level: "level"
        case .path, .optionalPath, .paths: "path"
        case .optionalName, .names: "name"
        case .models: "name@alias"
        case .optionalURL: "url"
        case .webhookFormat: "format"
        }
    }
}
