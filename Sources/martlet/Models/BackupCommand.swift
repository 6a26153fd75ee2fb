// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import Registry

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the registry to a new file and prove the copy; also the way back.",
        discussion: """
            Servers may go on reading, and trainers publishing. The copy has its name only once it \
            is whole, on disk and verified as by 'martlet models verify', golden rows apart. A \
            file that is there is never replaced. To restore, move the old registry and its \
            -journal away and copy a backup to its place.
            """)

    @OptionGroup var options: RegistryOptions

    @Option(help: "The file to write; it must not exist.")
    var output: String

    func run() throws {
        let backup = try options.with { try $0.backup(to: output) }
        options.output(
            [
                "output": .string(output), "bytes": .integer(backup.byteCount),
                "versions": .integer(backup.versionCount),
                "audit_rows": .integer(backup.auditRowCount),
                "audit_hash": .string(backup.auditHash),
            ]
        ) {
            Console.line(
                "\(backup.versionCount) versions, \(backup.byteCount) bytes verified in \(output)")
            guard backup.auditRowCount > 0 else { return }
            Console.line("audit row \(backup.auditRowCount): \(backup.auditHash)")
        }
    }
}
