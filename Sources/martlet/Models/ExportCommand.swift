// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import JSON
import Registry

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a version's artifact, a safetensors file.")

    @OptionGroup var options: RegistryOptions

    @Argument(help: "The model.")
    var model: String

    @Argument(help: "The version: a number, or an alias.")
    var version = "production"

    @Option(help: "The file to write; it must not exist.")
    var output: String

    func run() throws {
        let (record, bytes) = try options.with { registry in
            let record = try registry.find(version, of: model)
            return (
                record, try registry.artifact(record.version, of: try ModelName(record.model))
            )
        }
        try write(bytes)
        options.output(
            [
                "model": .string(record.model), "version": .integer(record.version),
                "digest": .string(record.digest.description), "output": .string(output),
            ]
        ) { Console.line("\(record.digest)  \(output)") }
    }

    private func write(_ bytes: [UInt8]) throws {
        let descriptor = open(output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure() }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw failure() }
    }

    private func failure() -> CommandFailure {
        CommandFailure("\(output): \(String(cString: strerror(errno)))")
    }
}
