// SPDX-License-Identifier: Apache-2.0
import Glibc
import Serving
import Yams

/// The configuration file: one YAML mapping from the names of settings to their values.
enum SettingFile {
    private static let bytesMax = 1_048_576

    static func layer(path: String) throws(SettingError) -> SettingLayer {
        try layer(yaml: try contents(path), path: path)
    }

    /// - Parameter path: for origins only.
    static func layer(yaml: String, path: String) throws(SettingError) -> SettingLayer {
        guard let root = try node(yaml, path) else { return SettingLayer(values: [:]) }
        guard case .mapping(let mapping) = root else {
            throw .malformedFile(
                origin(root, path), reason: "settings are lines like 'log-level: debug'")
        }
        var values: [String: SettingLayer.Value] = [:]
        for (key, value) in mapping {
            let origin = origin(key, path)
            let name = key.scalar?.string ?? ""
            guard let setting = Setting.named(name) else {
                throw .unknown(name, origin, nearest: name.nearest(among: Setting.all.map(\.name)))
            }
            guard let texts = texts(value) else {
                throw .malformedFile(
                    origin,
                    reason: "\(name) needs a value"
                        + (setting.isList ? " or a list of values" : "")
                        + ", \(setting.allowed)")
            }
            values[name] = SettingLayer.Value(texts: texts, origin: origin)
        }
        return SettingLayer(values: values)
    }

    /// The texts as they stand in the file: what `8_192` or `010` is in YAML is not asked.
    private static func texts(_ node: Node) -> [String]? {
        switch node {
        case .scalar(let scalar):
            let isNull = ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            return isNull && scalar.style == .plain ? nil : [scalar.string]
        case .sequence(let sequence):
            var all: [String] = []
            for element in sequence {
                guard case .scalar = element, let texts = texts(element) else { return nil }
                all += texts
            }
            return all
        case .mapping, .alias: return nil
        }
    }

    private static func origin(_ node: Node, _ path: String) -> SettingOrigin {
        .file(path: path, line: node.mark?.line ?? 1)
    }

    private static func node(_ yaml: String, _ path: String) throws(SettingError) -> Node? {
        do {
            return try compose(yaml: yaml, .default, .default, .utf8)
        } catch {
            let (line, reason): (Int, String) =
                switch error as? YamlError {
                case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                    .composer(_, let problem, let mark, _):
                    (mark.line, problem)
                case .duplicatedKeysInMapping(let names, let context):
                    (context.mark.line, "given twice: \(names.joined(separator: ", "))")
                case .reader(let problem, _, _, _): (1, problem)
                default: (1, "\(error)")
                }
            throw .malformedFile(.file(path: path, line: line), reason: reason)
        }
    }

    private static func contents(_ path: String) throws(SettingError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadableFile(path: path, errno: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadableFile(path: path, errno: errno) }
            if count == 0 { break }
            bytes += block[..<count]
            guard bytes.count <= bytesMax else {
                throw .unreadableFile(path: path, errno: EFBIG)
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadableFile(path: path, errno: EILSEQ)
        }
        return text
    }
}
