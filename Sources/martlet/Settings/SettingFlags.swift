// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The flags of `martlet serve`: one for each row of `Setting.all`.
///
/// ArgumentParser finds a command's options by reflection over its declared properties. Here the
/// mirror shows the rows of the table instead, so that no setting is written a second time. The
/// library's own checks (names given twice, missing coding keys) run over these options too.
package struct SettingFlags: ParsableArguments, CustomReflectable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// What was given, by the names of the settings.
    private(set) var layer = SettingLayer(flags: [:])

    package init() {}

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        var given: [String: [String]] = [:]
        for setting in Setting.all {
            let key = Key(stringValue: setting.name)
            if setting.isList {
                let texts = try container.decode(Option<[String]>.self, forKey: key).wrappedValue
                if !texts.isEmpty { given[setting.name] = texts }
            } else if case .toggle = setting.kind {
                let isOn = try container.decode(Flag<Bool?>.self, forKey: key).wrappedValue
                if let isOn { given[setting.name] = ["\(isOn)"] }
            } else if let text = try container.decode(Option<String?>.self, forKey: key)
                .wrappedValue
            {
                given[setting.name] = [text]
            }
        }
        layer = SettingLayer(flags: given)
    }

    package var customMirror: Mirror {
        Mirror(self, children: Setting.all.map { (label: $0.name, value: $0.option) })
    }
}

extension Setting {
    fileprivate var option: Any {
        let names = NameSpecification(
            [name, flagAlias].compactMap { $0 }.map { .customLong($0) })
        let fallback = texts(in: .defaults).joined(separator: ",")
        let help = ArgumentHelp(
            "\(meaning)\(fallback.isEmpty ? "" : " (default: \(fallback))")",
            valueName: valueName)
        if case .toggle = kind {
            return Flag<Bool?>(name: names, inversion: .prefixedNo, help: help)
        }
        return isList
            ? Option<[String]>(wrappedValue: [], name: names, help: help)
            : Option<String?>(name: names, help: help)
    }
}
