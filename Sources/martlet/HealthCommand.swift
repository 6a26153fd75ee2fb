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
        do throws(HTTPServerError) {
            answer = try ask(over: exchange)
        } catch {
            guard case .plain = exchange, error == .system(call: "recv", errno: ECONNRESET) else {
                throw CommandFailure("\(address): \(error)")
            }
            answer = ""
        }
        if case .plain = exchange, !answer.hasPrefix("HTTP/") {
            throw CommandFailure("\(address): \(reasonWithoutAnswer())")
        }
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
        if parts.count == 2 { Console.line(parts[1].trimmingSuffix { $0 == "\n" }) }
        guard answer.hasPrefix("HTTP/1.1 200 ") else {
            throw CommandFailure("\(address) is not ready")
        }
    }

    private func ask(over exchange: SocketAddress.Exchange) throws(HTTPServerError) -> String {
        let request = "GET /readyz HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n"
        return try SocketAddress(address).exchange(
            request, over: exchange, timeoutSeconds: max(1, timeoutSeconds))
    }

    /// Why plain HTTP got no answer: a server of TLS sends an alert, or hangs up.
    private func reasonWithoutAnswer() -> String {
        do throws(HTTPServerError) {
            let answer = try ask(over: .tls(certificatePath: nil, keyPath: nil))
            if answer.hasPrefix("HTTP/") { return "the server speaks TLS; add --tls" }
            return "the server does not answer in HTTP"
        } catch {
            return "no answer to plain HTTP; over TLS: \(error)"
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
