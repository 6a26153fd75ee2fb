// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import Registry

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a version with everything needed to train it again.")

    @OptionGroup var options: RegistryOptions

    @Argument(help: "The model.")
    var model: String

    @Argument(help: "The version: a number, or an alias.")
    var version = "production"

    func run() throws {
        let record = try options.with { try $0.find(version, of: model) }
        let lineage = (try? JSONValue(parsing: record.lineage)) ?? .null
        let document: JSONValue = [
            "model": .string(record.model), "version": .integer(record.version),
            "digest": .string(record.digest.description), "bytes": .integer(record.byteCount),
            "created_at": .string(record.createdAt.description),
            "created_by": .string(record.createdBy), "lineage": lineage,
        ]
        options.output(document) {
            Console.table(
                [record.model, "version \(record.version)"],
                [
                    ["digest", record.digest.description], ["bytes", "\(record.byteCount)"],
                    ["created", "\(record.createdAt) by \(record.createdBy)"],
                ])
            for member in lineage.members ?? [] where member.name != "argv" {
                Self.write(member, indent: 0)
            }
            Self.writeCommand(lineage)
        }
    }

    /// The whole command line, which a shell takes as it stands.
    private static func writeCommand(_ lineage: JSONValue) {
        guard let argv = lineage["argv"]?.array else { return }
        let deed = lineage["imported"] == nil ? "train" : "import"
        Console.line("\nto \(deed) it again:")
        if let directory = lineage["directory"]?.string {
            Console.line("cd \(directory.shellWord)")
        }
        Console.line(argv.compactMap(\.string).map(\.shellWord).joined(separator: " "))
    }

    private static func write(_ member: JSONValue.Member, indent: Int) {
        let space = String(repeating: "  ", count: indent)
        if let members = member.value.members, indent < 3 {
            Console.line("\(space)\(member.name):")
            for member in members { write(member, indent: indent + 1) }
        } else if let records = member.value.array, records.contains(where: { $0.members != nil }) {
            Console.line("\(space)\(member.name):")
            for record in records { Console.line("\(space)  - \(summary(record))") }
        } else {
            Console.line("\(space)\(member.name): \(member.value.string ?? member.value.text)")
        }
    }

    /// An object on one line.
    private static func summary(_ record: JSONValue) -> String {
        guard let members = record.members else { return record.string ?? record.text }
        return members.map { "\($0.name) \($0.value.string ?? $0.value.text)" }
            .joined(separator: ", ")
    }
}

extension Registry {
    /// The version that a number or an alias names.
    func find(_ text: String, of name: String) throws(RegistryError) -> VersionRecord {
        let model = try ModelName(name)
        if let number = Int(text) { return try version(number, of: model) }
        let alias = try AliasName(text).description
        let snapshot = try snapshot()
        guard snapshot.versions.contains(where: { $0.model == name }) else {
            throw .unknownModel(name)
        }
        guard
            let target = snapshot.aliases.first(where: { $0.model == name && $0.alias == alias })
        else { throw .unknownAlias(name, alias: alias) }
        return try version(target.version, of: model)
    }
}
