// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Registry

/// What `GET /models…` answers: the registry's catalogue beside what is served of it.
extension ServingSet {
    func catalogueDocument() -> JSONValue {
        ["models": .array(entries.map { .object(summary($0)) })]
    }

    func modelDocument(_ name: Range<Int>, _ text: Span<UInt8>) throws(Problem) -> JSONValue {
        let entry = try entry(name, text)
        let versions = catalogue.versions.filter { $0.model == entry.name }
        return .object(
            summary(entry) + [
                .init(
                    name: "versions",
                    value: .array(versions.map { .object(versionMembers($0, entry)) }))
            ])
    }

    func versionDocument(
        _ name: Range<Int>, _ version: Range<Int>, _ text: Span<UInt8>
    ) throws(Problem) -> JSONValue {
        let entry = try entry(name, text)
        let written = Self.string(version, text)
        let record = catalogue.versions.first {
            $0.model == entry.name && "\($0.version)" == written
        }
        guard let record else { throw .unknownVersion(entry.name, version: written) }
        var members = versionMembers(record, entry)
        if let served = entry.versions[record.version] {
            members.append(.init(name: "features", value: served.model.schema.json))
            members.append(.init(name: "output", value: served.model.output.json))
            members.append(.init(name: "example", value: ExampleRow(of: served.model).named))
        }
        let lineage = (try? JSONValue(parsing: record.lineage)) ?? .null
        members.append(.init(name: "lineage", value: lineage))
        return .object(members)
    }

    private func summary(_ entry: Entry) -> [JSONValue.Member] {
        let aliases = catalogue.aliases.filter { $0.model == entry.name }
        return [
            .init(name: "name", value: .string(entry.name)),
            .init(
                name: "serving_version",
                value: entry.primary.map { .integer($0.version) } ?? .null),
            .init(
                name: "aliases",
                value: .object(
                    aliases.map { .init(name: $0.alias, value: .integer($0.version)) })),
        ]
    }

    private func versionMembers(
        _ record: VersionRecord, _ entry: Entry
    ) -> [JSONValue.Member] {
        [
            .init(name: "version", value: .integer(record.version)),
            .init(name: "digest", value: .string(record.digest.description)),
            .init(name: "bytes", value: .integer(record.byteCount)),
            .init(name: "created_at", value: .string(record.createdAt.description)),
            .init(name: "created_by", value: .string(record.createdBy)),
            .init(name: "loaded", value: .boolean(entry.versions[record.version] != nil)),
            .init(
                name: "reason",
                value: entry.refused[record.version].map { .string($0) } ?? .null),
        ]
    }
}
