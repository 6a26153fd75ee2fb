// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import HTTPServer
import Serving

/// `martlet serve`: the server, wired together.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the models of a registry over HTTP.",
        discussion: """
            Each setting is a flag, an environment variable (MARTLET_LOG_LEVEL for --log-level) or \
            a line of the configuration file (log-level: debug), in this order of precedence.
            """)

    @Option(
        help: ArgumentHelp(
            "A YAML file of settings, or else the one that \(SettingLayer.configEnvironmentName) names.",
            valueName: "path"))
    var config: String?

    @Flag(help: "Show each setting and where it comes from, as a configuration file, and end.")
    var printConfig = false

    @OptionGroup(title: "Settings")
    var flags: SettingFlags

    func run() throws {
        let environment = ProcessEnvironment.variables
        let sources: SettingSources
        do throws(SettingError) {
            sources = try SettingSources(
                flags: flags, environment: environment, configPath: config)
        } catch {
            throw CommandFailure(error.description, exitCode: 2)
        }
        if printConfig { return Console.text(sources.listing) }
        signal(SIGPIPE, SIG_IGN)
        do {
            let settings = sources.settings
            let inherited = try InheritedSocket.descriptor(environment: environment)
            let address =
                try inherited.map { socket throws(HTTPServerError) in
                    try SocketAddress(listening: socket)
                } ?? settings.http.address
            try settings.checkExposure(servingAt: address)
            try Server(settings, at: address).run(inherited: inherited)
        } catch let error as SettingError {
            throw CommandFailure(error.description, exitCode: 2)
        } catch let error as HTTPServerError {
            throw CommandFailure(error.description, exitCode: 1)
        } catch let error as AccessTableError {
            let path = sources.settings.tokensPath ?? ""
            throw CommandFailure("tokens file '\(path)': \(error)", exitCode: 1)
        }
    }
}
