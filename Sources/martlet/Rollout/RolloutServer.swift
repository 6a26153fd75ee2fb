// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import HTTP1
import JSON
import OpenSSL

/// Which server a `rollout` command asks, as whom, and how it shows the answer.
struct RolloutServer: ParsableArguments {
    static let addressVariable = "MARTLET_SERVER"
    static let tokenVariable = "MARTLET_TOKEN_FILE"

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(help: "The server: HOST:PORT or a URL; else MARTLET_SERVER, or 127.0.0.1:8080.")
    var server: String?

    @Flag(help: "Speak TLS, as with a URL of https. The server's certificate must be trusted.")
    var tls = false

    @Option(help: "A PEM file of the authorities to trust, instead of the system's.")
    var ca: String?

    @Option(help: "A PEM file with a certificate to show, where the server asks for one.")
    var tlsCertificate: String?

    @Option(help: "The PEM file with its private key.")
    var tlsKey: String?

    @Option(help: "A file with the token to show; else what MARTLET_TOKEN_FILE names.")
    var tokenFile: String?

    @Option(help: "Seconds to wait for each answer.")
    var requestTimeoutSeconds = 10

    @Option(help: "How to print: text or json.")
    var format = Format.text

    func validate() throws {
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key go together")
        }
        guard (1...3600).contains(requestTimeoutSeconds) else {
            throw ValidationError("--request-timeout-seconds is from 1 to 3600")
        }
    }

    /// A way to the server, whose address and token are found now.
    func open() throws(CommandFailure) -> RolloutAPI {
        // libssl writes to sockets that may be gone.
        signal(SIGPIPE, SIG_IGN)
        let environment = ProcessEnvironment.variables
        let address = server ?? environment[Self.addressVariable] ?? "127.0.0.1:8080"
        let hasScheme = address.contains("://")
        guard let url = HTTPURL(hasScheme ? address : "\(tls ? "https" : "http")://\(address)"),
            url.target == "/", url.isSecure || !tls
        else {
            throw CommandFailure(
                "'\(address)' is not a server like 127.0.0.1:8080 or https://host:8443",
                exitCode: 2)
        }
        guard url.isSecure || (ca == nil && tlsCertificate == nil) else {
            throw CommandFailure("--ca and --tls-certificate need --tls", exitCode: 2)
        }
        var identity: TLSContext.Identity?
        if let tlsCertificate, let tlsKey {
            identity = .init(certificatePath: tlsCertificate, keyPath: tlsKey)
        }
        let tokenPath = tokenFile ?? environment[Self.tokenVariable]
        return RolloutAPI(
            exchange: HTTPExchange(
                url, trust: .init(authorityPath: ca, identity: identity),
                timeoutMilliseconds: requestTimeoutSeconds * 1000),
            token: try tokenPath.map { path throws(CommandFailure) in try Self.token(path) })
    }

    /// What a file holds but for the end of its line.
    private static func token(_ path: String) throws(CommandFailure) -> String {
        var bytes = try WholeFile.read(path)
        while let last = bytes.last, [0x0A, 0x0D, 0x20].contains(last) { bytes.removeLast() }
        guard !bytes.isEmpty, bytes.count <= 4096,
            bytes.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw CommandFailure("\(path): no token of visible ASCII characters") }
        return String(decoding: bytes, as: UTF8.self)
    }

    func output(_ document: JSONValue, _ text: () -> Void) {
        if format == .json { Console.line(document.text) } else { text() }
    }
}
