// SPDX-License-Identifier: Apache-2.0
import HTTP1
import HTTPServer
import Logging
import Registry
import Serving

extension Setting {
    /// Reads a value and puts it in its place.
    ///
    /// Texts must be as `texts(in:)` writes them, but for numbers with a fraction: no sign, no
    /// leading zeros, no separators.
    ///
    /// - Parameter texts: one, or any number for a list.
    /// - Returns: the text that is not `allowed`, `nil` if all are.
    func assign(_ texts: [String], in settings: inout ServeSettings) -> String? {
        guard isList || texts.count == 1, let text = texts.first else {
            if isList { clear(in: &settings) }
            return isList ? nil : "[\(texts.joined(separator: ", "))]"
        }
        switch kind {
        case .count(let path, let range, _):
            guard let value = Int(text), "\(value)" == text, range ~= value else { return text }
            settings[keyPath: path] = value
        case .share(let path):
            guard let value = Self.number(text), 0...1 ~= value else { return text }
            settings[keyPath: path] = value
        case .address(let path):
            guard let value = try? SocketAddress(text) else { return text }
            settings[keyPath: path] = value
        case .optionalAddress(let path):
            guard let value = try? SocketAddress(text) else { return text }
            settings[keyPath: path] = value
        case .toggle(let path):
            guard let value = Bool(text) else { return text }
            settings[keyPath: path] = value
        case .level(let path):
            guard let value = Logger.Level(rawValue: text) else { return text }
            settings[keyPath: path] = value
        case .path(let path):
            guard Self.isPath(text) else { return text }
            settings[keyPath: path] = text
        case .optionalPath(let path), .optionalName(let path):
            guard Self.isPath(text) else { return text }
            settings[keyPath: path] = text
        case .optionalURL(let path):
            guard let value = HTTPURL(text) else { return text }
            settings[keyPath: path] = value
        case .webhookFormat(let path):
            guard let value = WebhookFormat(rawValue: text) else { return text }
            settings[keyPath: path] = value
        case .paths(let path):
            if let wrong = texts.first(where: { !Self.isPath($0) }) { return wrong }
            settings[keyPath: path] = texts
        case .names(let path):
            if let wrong = texts.first(where: { !Self.isPath($0) }) { return wrong }
            settings[keyPath: path] = texts
        case .models(let path):
            var promises: [Promise] = []
            for text in texts {
                guard let promise = Self.promise(text) else { return text }
                promises.append(promise)
            }
            settings[keyPath: path] = promises
        }
        return nil
    }

    private func clear(in settings: inout ServeSettings) {
        switch kind {
        case .paths(let path), .names(let path): settings[keyPath: path] = []
        case .models(let path): settings[keyPath: path] = []
        case .count, .share, .address, .optionalAddress, .toggle, .level, .path, .optionalPath,
            .optionalName, .optionalURL, .webhookFormat:
            break
        }
    }

    /// The value as texts that `assign` reads; of what is not a list at most one, none if it is
    /// not set.
    package func texts(in settings: ServeSettings) -> [String] {
        switch kind {
        case .count(let path, _, _): ["\(settings[keyPath: path])"]
        case .share(let path): ["\(settings[keyPath: path])"]
        case .address(let path): ["\(settings[keyPath: path])"]
        case .optionalAddress(let path): settings[keyPath: path].map { ["\($0)"] } ?? []
        case .toggle(let path): ["\(settings[keyPath: path])"]
        case .level(let path): [settings[keyPath: path].rawValue]
        case .path(let path): [settings[keyPath: path]].filter { !$0.isEmpty }
        case .optionalPath(let path), .optionalName(let path):
            settings[keyPath: path].map { [$0] } ?? []
        case .optionalURL(let path): settings[keyPath: path].map { [$0.text] } ?? []
        case .webhookFormat(let path): [settings[keyPath: path].rawValue]
        case .paths(let path), .names(let path): settings[keyPath: path]
        case .models(let path): settings[keyPath: path].map { "\($0.model)@\($0.alias)" }
        }
    }

    /// Decimal digits with a point or an exponent; not what `Double` reads beyond that.
    private static func number(_ text: String) -> Double? {
        guard let first = text.utf8.first, 0x30...0x39 ~= first || first == 0x2E,
            text.utf8.allSatisfy({ 0x30...0x39 ~= $0 || ".eE+-".utf8.contains($0) })
        else { return nil }
        return Double(text)
    }

    private static func isPath(_ text: String) -> Bool {
        !text.isEmpty && !text.utf8.contains(0)
    }

    private static func promise(_ text: String) -> Promise? {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let model = try? ModelName(String(parts[0])) else { return nil }
        guard parts.count > 1 else {
            return Promise(model: "\(model)", alias: "\(AliasName.production)")
        }
        guard let alias = try? AliasName(String(parts[1])) else { return nil }
        return Promise(model: "\(model)", alias: "\(alias)")
    }
}
