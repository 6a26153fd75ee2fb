// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import HTTPServer

/// `martlet health`: asks a running server whether it is ready, for images that hold no `curl`.
struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Ask a running server whether it is ready.")

    @Option(help: "The server's address and port.")
    var address = "127.0.0.1:8080"

    @Option(help: "Seconds to wait for the answer.")
    var timeoutSeconds = 2

    @Flag(help: "Speak TLS. The server's certificate is not judged.")
    var tls = false

    @Option(help: "A PEM file with a certificate to show, where the server asks for one.")
    var tlsCertificate: String?

    @Option(help: "The PEM file with its private key.")
    var tlsKey: String?

    func validate() throws {
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key go together")
        }
    }

    func run() throws {
        let answer: String
        do {
            let request = "GET /readyz HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n"
            answer = try SocketAddress(address).exchange(
                request, over: exchange, timeoutSeconds: max(1, timeoutSeconds))
        } catch {
            throw CommandFailure("\(address): \(error)")
        }
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
        if parts.count == 2 { Console.line(parts[1].trimmingSuffix { $0 == "\n" }) }
        guard answer.hasPrefix("HTTP/1.1 200 ") else {
            throw CommandFailure("\(address) is not ready")
        }
    }

    private var exchange: SocketAddress.Exchange {
        guard tls || tlsCertificate != nil else { return .plain }
        return .tls(certificatePath: tlsCertificate, keyPath: tlsKey)
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> String {
        var text = self
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return String(text)
    }
}
