// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import Registry
import Serving

/// `martlet tokens`: who may do what, from a shell.
struct TokensCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens", abstract: "Make tokens, and check the file that names their owners.",
        subcommands: [CreateTokenCommand.self, CheckTokensCommand.self])
}

struct CreateTokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token for somebody.",
        discussion: """
            The token is shown once, and kept nowhere: give it to its owner, who sends it as \
            'Authorization: Bearer TOKEN'. The line, which holds only its digest, belongs into \
            the file of --tokens-file.
            """)

    @Argument(help: "Whose it is, for logs and records.")
    var name: String

    @Option(help: "What they may do: viewer, predictor, operator or admin.")
    var role: AccessRole

    @Option(help: "From when on it counts no longer: 2027-01-31 or 2027-01-31T12:00:00Z, in UTC.")
    var expires: Timestamp?

    @Flag(help: "Print one JSON document.")
    var json = false

    func validate() throws {
        guard AccessTable.isName(name) else {
            throw ValidationError(
                "a name is of letters, digits, '.', '_', '@' and '-', up to 64, and does not begin "
                    + "with 'anonymous'")
        }
    }

    func run() {
        let token = AccessToken()
        let line = AccessTable.Entry(
            name: name, role: role, token: token.digest, expiry: expires
        ).description
        if json {
            let document: JSONValue = ["token": .string(token.text), "line": .string(line)]
            Console.line(document.text)
        } else {
            Console.line("token: \(token.text)")
            Console.line("line:  \(line)")
        }
    }
}

struct CheckTokensCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say whether a server would take a tokens file, and whom it names.")

    @Argument(help: "The file.")
    var path: String

    func run() throws {
        let bytes = try WholeFile.read(path)
        let entries: [AccessTable.Entry]
        do throws(AccessTableError) {
            entries = try AccessTable(parsing: bytes).entries
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
        let now = Timestamp.now
        Console.table(
            ["NAME", "ROLE", "BY", "EXPIRES"],
            entries.map { entry in
                let expiry = entry.expiry.map { "\($0)" + ($0 <= now ? " (over)" : "") }
                return [entry.name, entry.role.rawValue, entry.kind, expiry ?? "-"]
            })
    }
}

extension AccessTable.Entry {
    /// What it is known by, without what would be long.
    fileprivate var kind: String {
        switch credential {
        case .token: "token"
        case .certificate: "certificate"
        }
    }
}

extension AccessRole: ExpressibleByArgument {}

extension Timestamp: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }
}
