// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import OpenSSL
import TLSTesting

/// An echo server that speaks TLS.
struct TLSServer {
    private let echo: EchoServer

    init(
        _ identity: TLSIdentity, _ change: (inout HTTPServerConfiguration) -> Void = { _ in }
    ) throws {
        echo = try EchoServer { configuration in
            configuration.tls = identity
            change(&configuration)
        }
    }

    init(
        certificates: [String] = ["server"], clientAuthority: String? = nil,
        _ change: (inout HTTPServerConfiguration) -> Void = { _ in }
    ) throws {
        let context = try CertificateFolder.shared.context(
            certificates, clientAuthority: clientAuthority)
        try self.init(TLSIdentity(context), change)
    }

    var server: HTTPServer<String> { echo.server }

    func client(_ change: (inout TLSClient.Options) -> Void = { _ in }) throws -> TLSClient {
        var options = TLSClient.Options()
        change(&options)
        let client = try TLSClient(port: echo.port, options)
        client.server = server
        return client
    }

    /// A client that connects and leaves it at that.
    func plainClient() throws -> Client { try echo.client() }

    func scrape() -> String { echo.scrape() }

    /// Whether so many handshakes have ended like this: they are counted a moment after the client
    /// has been told.
    func counts(_ count: Int, _ result: String, version: String = "") -> Bool {
        echo.tellsSoon(
            "tls_handshakes_total{version=\"\(version)\",result=\"\(result)\"} \(count)\n")
    }

    static func post(
        _ path: String, _ body: String, _ fields: String = "", host: String = "default.example"
    ) -> String {
        "POST \(path) HTTP/1.1\r\nHost: \(host)\r\n\(fields)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
