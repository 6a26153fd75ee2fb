// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Importing
import JSON
import Models
import Registry

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a version of a LightGBM, XGBoost, CatBoost, ONNX or exported model.",
        discussion: """
            A model that cannot be computed just as its library would is refused, by the name of \
            what is not supported. docs/importing.md tells what is. A version that models export \
            wrote, of another registry maybe, is published with the same bytes once its golden \
            rows hold here.
            """)

    @OptionGroup var options: RegistryOptions

    @Argument(help: "The file that the library, or models export, saved.", completion: .file())
    var file: String

    @Option(help: "The model of which this becomes a version.")
    var name: String

    @Option(help: "The file's format; auto looks into it.")
    var format = ImportSource.Format.auto

    @Option(
        help: ArgumentHelp(
            "Names of a classifier's labels, comma-separated, in the order of its own: no,yes.",
            valueName: "names"))
    var labels: String?

    @Option(help: "An alias to move to the version, such as production.")
    var alias: String?

    func run() throws {
        // Names first: a wrong one is cheaper to tell before the file is read.
        let (model, alias) = try names()
        let bytes = try WholeFile.read(file)
        let source = try read(bytes)
        let published = try options.with(.create) { registry in
            try registry.publish(
                VersionDraft(
                    model: model, artifact: source.artifact,
                    lineage: source.lineage(file: file, bytes).text,
                    actor: RegistryOptions.actor, alias: alias))
        }
        options.output(
            [
                "model": .string(name), "version": .integer(published.version),
                "alias": self.alias.map { .string($0) } ?? .null,
                "digest": .string(published.digest.description), "new": .boolean(published.isNew),
                "imported": source.origin, "features": .integer(source.schema.count),
            ]
        ) { tell(published) }
    }

    /// The version, and what to do with it, as `martlet-train fit` tells.
    private func tell(_ published: PublishedVersion) {
        let fate = published.isNew ? "registered" : "was registered before, byte for byte"
        let place = alias.map { ", now '\($0)'" } ?? ""
        let registry = options.registry.shellWord
        let next =
            alias == nil
            ? "martlet models promote \(name) \(published.version) --registry \(registry)"
            : "martlet serve --registry \(registry)"
        Console.line("\(name) version \(published.version) \(fate)\(place)")
        Console.line("\(published.digest)\nnext: \(next)")
    }

    private func names() throws(CommandFailure) -> (model: ModelName, alias: AliasName?) {
        do throws(RegistryError) {
            let model = try ModelName(name)
            guard let alias else { return (model, nil) }
            return (model, try AliasName(alias))
        } catch {
            throw CommandFailure(error.description)
        }
    }

    private func read(_ bytes: [UInt8]) throws -> ImportSource {
        let names = labels?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        do {
            return try ImportSource(bytes, format: format, labels: names.map(String.init))
        } catch {
            throw CommandFailure("\(file): \(error)")
        }
    }
}
