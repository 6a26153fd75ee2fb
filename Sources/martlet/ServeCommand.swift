// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Dispatch
import Glibc
import HTTP1
import HTTPServer
import JSON
import Logging
import Models
import Registry
import Serving
import Synchronization
import Telemetry

/// `martlet serve`: the server, wired together.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the models of a registry over HTTP.")

    @Option(help: "The registry: one SQLite file, which a trainer writes.")
    var registry: String

    @Option(help: "Address and port to listen on.")
    var listen = "127.0.0.1:8080"

    @Option(
        name: .customLong("model"),
        help:
            "A model to serve, NAME or NAME@ALIAS; the first is the default of POST /predict. Without any: every model with the alias 'production'."
    )
    var models: [String] = []

    @Option(help: "Event loops; 0 for one on each core.")
    var loops = 0

    @Option(help: "The largest body of a request, in bytes.")
    var bodyBytesMax = HTTPLimits().bodyBytesMax

    @Option(help: "Connections open at once.")
    var connectionsMax = 10_000

    @Option(help: "Seconds to go on serving after SIGTERM, while /readyz says no.")
    var drainDelaySeconds = 0

    @Option(help: "Seconds that requests under way may take after that.")
    var drainDeadlineSeconds = 25

    @Option(help: "The least severe level that is logged: debug, info, notice, warning, error.")
    var logLevel = "info"

    func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level: '\(logLevel)' is not a level")
        }
        guard 0...1024 ~= loops, bodyBytesMax > 0, connectionsMax > 0, drainDelaySeconds >= 0,
            drainDeadlineSeconds >= 0
        else { throw ValidationError("a number is out of range") }
        _ = try promises()
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        do {
            try Server(self).run()
        } catch let error as HTTPServerError {
            throw CommandFailure(error.description, exitCode: 1)
        }
    }

    func promises() throws -> [Promise] {
        try models.map { text in
            let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            let alias = parts.count > 1 ? String(parts[1]) : AliasName.production.description
            do {
                return Promise(
                    model: try ModelName(String(parts[0])).description,
                    alias: try AliasName(alias).description)
            } catch {
                throw ValidationError("--model \(text): \(error)")
            }
        }
    }
}
