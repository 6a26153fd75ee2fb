// SPDX-License-Identifier: Apache-2.0

/// Finding the version that a path asks for.
extension ServingSet {
    var servedNames: [String] { entries.filter { $0.primary != nil }.map(\.name) }

    func primary(_ name: Range<Int>, _ text: Span<UInt8>) throws(Problem) -> ServedModel {
        let entry = try entry(name, text)
        guard let primary = entry.primary else {
            throw .modelNotServed(entry.name, reason: entry.faults[entry.primaryAlias] ?? "")
        }
        return primary
    }

    func version(
        _ name: Range<Int>, _ version: Range<Int>, _ text: Span<UInt8>
    ) throws(Problem) -> ServedModel {
        let entry = try entry(name, text)
        let written = Self.string(version, text)
        guard let number = Int(written), "\(number)" == written else {
            throw .unknownVersion(entry.name, version: written)
        }
        if let model = entry.versions[number] { return model }
        if let reason = entry.refused[number] {
            throw .versionNotLoaded(entry.name, version: number, reason: reason)
        }
        throw .unknownVersion(entry.name, version: written)
    }

    func alias(
        _ name: Range<Int>, _ alias: Range<Int>, _ text: Span<UInt8>
    ) throws(Problem) -> ServedModel {
        let entry = try entry(name, text)
        let written = Self.string(alias, text)
        if let model = entry.aliases[written] { return model }
        if let version = entry.registeredAliases[written] {
            throw .versionNotLoaded(
                entry.name, version: version, reason: entry.refused[version] ?? "not loaded yet")
        }
        throw .unknownAlias(entry.name, alias: written)
    }

    func entry(_ name: Range<Int>, _ text: Span<UInt8>) throws(Problem) -> Entry {
        guard let entry = entry(named: name, in: text) else {
            throw .unknownModel(Self.string(name, text))
        }
        return entry
    }

    static func string(_ range: Range<Int>, _ text: Span<UInt8>) -> String {
        String(decoding: range.map { text[$0] }, as: UTF8.self)
    }
}
