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
        options.output(
            .array(
                versions.map { record in
                    [
                        "model": .string(record.model), "version": .integer(record.version),
                        "aliases": .array(aliases(record).map { .string($0) }),
                        "digest": .string(record.digest.description),
                        "bytes": .integer(record.byteCount),
                        "created_at": .string(record.createdAt.description),
                        "created_by": .string(record.createdBy),
                    ]
                })
        ) {
            Console.table(
                ["MODEL", "VERSION", "ALIASES", "CREATED", "BY", "BYTES", "DIGEST"],
                versions.map { record in
                    [
                        record.model, "\(record.version)",
                        aliases(record).joined(separator: ","), record.createdAt.description,
                        record.createdBy, "\(record.byteCount)",
                        String(record.digest.description.prefix(19)),
                    ]
                })
        }
    }
}
