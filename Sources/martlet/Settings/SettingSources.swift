// SPDX-License-Identifier: Apache-2.0

/// Where the settings of one run come from: a flag goes before an environment variable, that
/// before the configuration file, and that before the default.
package struct SettingSources: Sendable {
    /// From the weakest to the strongest.
    private let layers: [SettingLayer]
    package let settings: ServeSettings

    /// Reads the configuration file, if there is one.
    ///
    /// - Parameters:
    ///   - environment: all variables of the process.
    ///   - configPath: `nil` for the file that the environment names, if any.
    package init(
        flags: SettingFlags, environment: [String: String], configPath: String?
    ) throws(SettingError) {
        var layers: [SettingLayer] = []
        if let path = configPath ?? environment[SettingLayer.configEnvironmentName] {
            layers.append(try SettingFile.layer(path: path))
        }
        layers.append(try SettingLayer(environment: environment))
        layers.append(flags.layer)
        self.layers = layers
        settings = try ServeSettings(layers)
    }

    func origin(of setting: Setting) -> SettingOrigin {
        layers.last { $0.values[setting.name] != nil }?.values[setting.name]?.origin ?? .fallback
    }

    /// Each setting with its value, and its origin as a comment: a configuration file that gives
    /// the same settings again.
    package var listing: String {
        let values = Setting.all.map { $0.yamlLine(in: settings) }
        let width = values.map(\.count).max() ?? 0
        return zip(Setting.all, values).map { setting, value in
            let gap = String(repeating: " ", count: width - value.count + 2)
            return "\(value)\(gap)# \(origin(of: setting))\n"
        }.joined()
    }
}

extension Setting {
    /// A comment if it is not set, for which YAML has no value.
    fileprivate func yamlLine(in settings: ServeSettings) -> String {
        let texts = texts(in: settings)
        switch kind {
        case .count, .share, .toggle, .level, .webhookFormat: return "\(name): \(texts.joined())"
        case .paths, .names, .models:
            return "\(name): [\(texts.map(\.quotedForYAML).joined(separator: ", "))]"
        case .address, .optionalAddress, .path, .optionalPath, .optionalName,
            .optionalURL:
            return texts.isEmpty ? "# \(name):" : "\(name): \(texts.map(\.quotedForYAML).joined())"
        }
    }
}
