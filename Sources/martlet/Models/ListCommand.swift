// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import Registry

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the versions of all models, or of one.")

    @OptionGroup var options: RegistryOptions

    @Argument(help: "Only this model.")
    var model: String?

    func run() throws {
        let snapshot = try options.with { registry in
            let snapshot = try registry.snapshot()
            if let model, !snapshot.versions.contains(where: { $0.model == model }) {
                throw RegistryError.unknownModel(model)
            }
            return snapshot
        }
        let versions = snapshot.versions.filter { model == nil || $0.model == model }
        func aliases(_ record: VersionRecord) -> [String] {
            snapshot.aliases.filter { $0.model == record.model && $0.version == record.version }
                .map(\.alias)
        }
        let summaries = versions.map { VersionSummary(lineage: $0.lineage) }
        options.output(
            .array(
                zip(versions, summaries).map { record, summary in
                    .object(
                        [
                            .init(name: "model", value: .string(record.model)),
                            .init(name: "version", value: .integer(record.version)),
                            .init(
                                name: "aliases",
                                value: .array(aliases(record).map { .string($0) })),
                        ] + summary.json + [
                            .init(name: "digest", value: .string(record.digest.description)),
                            .init(name: "bytes", value: .integer(record.byteCount)),
                            .init(
                                name: "created_at", value: .string(record.createdAt.description)),
                            .init(name: "created_by", value: .string(record.createdBy)),
                        ])
                })
        ) {
            Console.table(
                [
                    "MODEL", "VERSION", "ALIASES", "KIND", "TEST METRIC", "CREATED", "BY", "BYTES",
                    "DIGEST",
                ],
                zip(versions, summaries).map { record, summary in
                    [
                        record.model, "\(record.version)",
                        aliases(record).joined(separator: ","), summary.kind ?? "-",
                        summary.metricText, record.createdAt.description, record.createdBy,
                        "\(record.byteCount)", String(record.digest.description.prefix(19)),
                    ]
                })
        }
    }
}
