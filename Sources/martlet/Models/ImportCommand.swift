// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Importing
import JSON
import Models
import Registry

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a version of a LightGBM, XGBoost, CatBoost or ONNX model.",
        discussion: """
            A model that cannot be computed just as its library would is refused, by the name of \
            what is not supported. docs/importing.md tells what is.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case auto, lightgbm, xgboost, catboost, onnx
    }

    @OptionGroup var options: RegistryOptions

    @Argument(help: "The file that the library saved.", completion: .file())
    var file: String

    @Option(help: "The model of which this becomes a version.")
    var name: String

    @Option(help: "The file's format; auto looks into it.")
    var format = Format.auto

    @Option(help: "An alias to move to the version, such as production.")
    var alias: String?

    func run() throws {
        // Names first: a wrong one is cheaper to tell before the file is read.
        let (model, alias) = try names()
        let bytes = try WholeFile.read(file)
        let imported = try read(bytes)
        guard let artifact = imported.model?.artifact else {
            throw CommandFailure("\(file): no row has a finite answer")
        }
        let published = try options.with(.create) { registry in
            try registry.publish(
                VersionDraft(
                    model: model, artifact: artifact, lineage: lineage(imported, bytes).text,
                    actor: RegistryOptions.actor, alias: alias))
        }
        options.output(
            [
                "model": .string(name), "version": .integer(published.version),
                "alias": self.alias.map { .string($0) } ?? .null,
                "digest": .string(published.digest.description), "new": .boolean(published.isNew),
                "imported": imported.origin, "features": .integer(imported.schema.count),
            ]
        ) {
            let place = self.alias.map { ", \(name)@\($0)" } ?? ""
            Console.line("\(name) version \(published.version)\(place)  \(published.digest)")
        }
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

    private func read(_ bytes: [UInt8]) throws(CommandFailure) -> ImportedModel {
        do throws(ImportError) {
            guard
                let format = ForeignFormat(rawValue: format.rawValue)
                    ?? ForeignFormat.detect(bytes)
            else { throw .unknownFormat }
            return try format.model(from: bytes)
        } catch {
            throw CommandFailure("\(file): \(error)")
        }
    }

    private func lineage(_ imported: ImportedModel, _ bytes: [UInt8]) -> JSONValue {
        [
            "program": .string("martlet \(MartletVersion.current)"),
            "argv": .array(CommandLine.arguments.map { .string($0) }),
            "imported": imported.origin,
            "source": [
                "file": .string(file.split(separator: "/").last.map(String.init) ?? file),
                "digest": .string(Digest(of: bytes).description), "bytes": .integer(bytes.count),
            ],
            "schema": imported.schema.json, "output": imported.output.json,
        ]
    }
}
