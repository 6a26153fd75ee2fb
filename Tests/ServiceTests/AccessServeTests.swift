// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPServer
import JSON
import OpenSSL
import TLSTesting
import Testing

/// Who may do what, on the built server.
@Suite(.serialized)
struct AccessServeTests {
    /// A server with a token for some, in a file of its own.
    private final class Running {
        let fixture: ServiceFixture
        let adminPort: Int
        private(set) var tokens: [String: String] = [:]
        private(set) var lines: [String] = []

        init() throws {
            fixture = try ServiceFixture()
            adminPort = fixture.port + 1
            try fixture.publish(intercept: 1)
        }

        var tokensPath: String { "\(fixture.folder)/tokens" }

        /// Makes a token by the command, and keeps its line.
        func grant(_ name: String, _ role: String, _ more: [String] = []) throws {
            let output = "\(fixture.folder)/created"
            unlink(output)
            let process = try Process(
                ServiceFixture.program("martlet"),
                ["tokens", "create", name, "--role", role, "--json"] + more, output: output)
            try #require(process.wait() == 0)
            let text = String(decoding: try ServiceFixture.contents(output), as: UTF8.self)
            let document = try JSONValue(parsing: text)
            tokens[name] = try #require(document["token"]?.string)
            lines.append(try #require(document["line"]?.string))
            unlink(output)
        }

        func writeLines(_ lines: [String]? = nil) throws {
            _ = try fixture.write(
                Array((lines ?? self.lines).joined(separator: "\n").utf8), "tokens")
        }

        func status(
            _ path: String, as name: String? = nil, at port: Int? = nil
        ) throws -> Int {
            let answer = try ask(path, as: name, at: port)
            return Int(answer.dropFirst("HTTP/1.1 ".count).prefix(3)) ?? 0
        }

        func ask(_ path: String, as name: String? = nil, at port: Int? = nil) throws -> String {
            let token = name.flatMap { tokens[$0] }
            let field = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
            let body = path.hasSuffix("/predict") ? ServiceFixture.body : ""
            let request =
                "\(body.isEmpty ? "GET" : "POST") \(path) HTTP/1.1\r\nHost: a\r\n\(field)"
                + "Connection: close\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            return try SocketAddress("127.0.0.1:\(port ?? fixture.port)").exchange(
                request, over: fixture.way, timeoutSeconds: 5 * Sanitizer.patience)
        }

        /// Waits, for up to ten seconds, for an answer to have the status.
        func reaches(_ status: Int, _ path: String, as name: String? = nil) async throws -> Bool {
            for _ in 0..<500 {
                if try self.status(path, as: name) == status { return true }
                try await Task.sleep(for: .milliseconds(20))
            }
            return false
        }

        func logged(_ text: String) async throws -> Bool {
            for _ in 0..<500 where !fixture.log.contains(text) {
                try await Task.sleep(for: .milliseconds(20))
            }
            return fixture.log.contains(text)
        }
    }

    @Test(arguments: [
        (["--listen", "0.0.0.0:0"], "listen is 0.0.0.0:0"),
        (["--listen", "[::]:0"], "listen is [::]:0"),
        (["--admin-listen", "0.0.0.0:0"], "admin-listen is 0.0.0.0:0"),
        (["--listen", "0.0.0.0:0", "--no-insecure-admin"], "listen is 0.0.0.0:0"),
    ])
    func doesNotStartWhereStrangersCouldAdminister(_ flags: [String], _ words: String) throws {
        let fixture = try ServiceFixture()
        let process = try Process(
            ServiceFixture.program("martlet"),
            ["serve", "--registry", fixture.registryPath] + flags, output: "\(fixture.folder)/log")
        #expect(process.wait() == 2)
        #expect(fixture.log.contains(words), "\(fixture.log)")
        for way in ["--tokens-file", "--admin-listen 127.0.0.1:", "--insecure-admin"] {
            #expect(fixture.log.contains(way))
        }
    }

    /// It is the socket's address that counts, not the setting's.
    @Test func doesNotStartOnASocketOfStrangers() throws {
        let fixture = try ServiceFixture()
        let (socket, _) = try SocketAddress("0.0.0.0:0").listen(backlog: 1)
        defer { close(socket) }
        let process = try Process(
            "/bin/sh",
            [
                "-c", "LISTEN_PID=$$ exec \"$0\" serve --registry \"$1\"",
                ServiceFixture.program("martlet"), fixture.registryPath,
            ], output: "\(fixture.folder)/log", environment: ["LISTEN_FDS": "1"],
            inherited: socket)
        #expect(process.wait() == 2)
        #expect(fixture.log.contains("listen is 0.0.0.0:"), "\(fixture.log)")
    }

    @Test func startsThereWhenItIsTold() async throws {
        let running = try Running()
        let everywhere = ["--listen", "0.0.0.0:\(running.fixture.port)"]
        var process = try await running.fixture.serve(everywhere + ["--insecure-admin"])
        #expect(try running.status("/models") == 200)
        #expect(running.fixture.log.contains("everybody who reaches this server may administer"))
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        try running.grant("ci", "operator")
        try running.writeLines()
        process = try await running.fixture.serve(
            everywhere + ["--tokens-file", running.tokensPath])
        #expect(try running.status("/models") == 401)
        #expect(try running.status("/models", as: "ci") == 200)
        #expect(try running.status("/models/m/predict") == 200)
        #expect(running.fixture.log.contains("tokens travel in the clear"))
    }

    @Test func asksForRolesAndWritesRefusalsDown() async throws {
        let running = try Running()
        for role in ["viewer", "predictor", "operator", "admin"] {
            try running.grant("the-\(role)", role)
        }
        try running.grant("late", "admin", ["--expires", "2020-01-01"])
        try running.writeLines()
        _ = try await running.fixture.serve(["--tokens-file", running.tokensPath])
        for (name, models, predict) in [
            (nil, 401, 401), ("the-viewer", 200, 403), ("the-predictor", 403, 200),
            ("the-operator", 200, 200), ("the-admin", 200, 200), ("late", 401, 401),
        ] {
            #expect(try running.status("/models", as: name) == models, "\(name ?? "nobody")")
            #expect(try running.status("/models/m/predict", as: name) == predict)
            #expect(try running.status("/readyz", as: name) == 200)
        }
        let refused = try running.ask("/models")
        #expect(refused.contains("\r\nWWW-Authenticate: Bearer realm=\"martlet\"\r\n"))
        #expect(refused.contains("urn:martlet:problem:unauthenticated"))
        let metrics = try running.ask("/metrics", as: "the-viewer")
        for (reason, role, count) in [
            ("missing", "viewer", 2), ("missing", "predictor", 1),
            ("insufficient", "viewer", 1), ("insufficient", "predictor", 1),
            ("expired", "viewer", 1), ("expired", "predictor", 1), ("unknown", "viewer", 0),
        ] {
            let series = "access_refused_total{reason=\"\(reason)\",role=\"\(role)\"}"
            #expect(metrics.contains("\(series) \(count)\n"), "\(series)")
        }
        #expect(try await running.logged("\"actor\":\"late\",\"audit\":\"true\""))
        let line = try #require(
            running.fixture.log.split(separator: "\n").first {
                $0.contains("\"actor\":\"the-predictor\"")
            })
        let document = try JSONValue(parsing: String(line))
        #expect(document["msg"] == "access refused")
        #expect(document["reason"] == "insufficient")
        #expect(document["required_role"] == "viewer")
        #expect(document["route"] == "/models")
        #expect(document["remote"] == "127.0.0.1")
        #expect(document["request_id"]?.string?.count == 32)
        for token in running.tokens.values { #expect(!running.fixture.log.contains(token)) }
    }

    /// A new line counts without a restart, a bad file changes nothing, and who is taken out is out
    /// on a connection that is open.
    @Test func followsItsFile() async throws {
        let running = try Running()
        try running.grant("first", "viewer")
        try running.writeLines()
        let process = try await running.fixture.serve(["--tokens-file", running.tokensPath])
        let open = try #require(KeepAlive(port: UInt16(running.fixture.port)))
        let token = try #require(running.tokens["first"])
        let request = Array(
            "GET /models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8)
        #expect(open.answer(to: request)?.hasPrefix("HTTP/1.1 200 ") == true)
        try running.grant("second", "viewer")
        #expect(try running.status("/models", as: "second") == 401)
        try running.writeLines()
        #expect(try await running.reaches(200, "/models", as: "second"))
        try running.writeLines(running.lines + ["third viewer hunter2"])
        #expect(try await running.logged("tokens file not loaded, the old one stays"))
        #expect(running.fixture.log.contains("line 3: a credential is"))
        #expect(!running.fixture.log.contains("hunter2"))
        #expect(try running.status("/models", as: "first") == 200)
        let metrics = try running.ask("/metrics", as: "first")
        #expect(metrics.contains("access_tokens_reloads_total{result=\"success\"} 1\n"))
        #expect(metrics.contains("access_tokens_reloads_total{result=\"failure\"} 1\n"))
        try running.writeLines([running.lines[1]])
        process.signal(SIGHUP)
        #expect(try await running.reaches(401, "/models", as: "first"))
        #expect(open.answer(to: request)?.hasPrefix("HTTP/1.1 401 ") == true)
        #expect(try running.status("/models", as: "second") == 200)
    }

    @Test func administrationHasAnAddressOfItsOwn() async throws {
        let running = try Running()
        let process = try await running.fixture.serve([
            "--listen", "0.0.0.0:\(running.fixture.port)",
            "--admin-listen", "127.0.0.1:\(running.adminPort)",
        ])
        for (path, here, there) in [
            ("/livez", 200, 200), ("/readyz", 200, 200), ("/healthz", 200, 200),
            ("/metrics", 200, 200), ("/predict", 200, 200), ("/models/m/predict", 200, 200),
            ("/", 404, 200), ("/openapi.json", 404, 200),
            ("/models", 404, 200), ("/models/m", 404, 200), ("/version", 404, 200),
        ] {
            #expect(try running.status(path) == here, "\(path)")
            #expect(try running.status(path, at: running.adminPort) == there, "\(path)")
        }
        let metrics = try running.ask("/metrics", at: running.adminPort)
        #expect(
            metrics.contains(
                "http_requests_total{method=\"POST\",route=\"/predict\",code=\"200\"} 2\n"))
        #expect(metrics.contains("\nready 1\n"))
        #expect(metrics.contains("\nwork_in_flight_seconds 0\n"))
        #expect(running.fixture.log.contains("\"serves\":\"administration\""))
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        #expect(running.fixture.log.contains("\"clean\":\"true\""))
        #expect(throws: HTTPServerError.self) {
            try running.status("/livez", at: running.adminPort)
        }
    }

    /// New versions arrive at both addresses.
    @Test func bothAddressesFollowTheRegistry() async throws {
        let running = try Running()
        _ = try await running.fixture.serve([
            "--admin-listen", "127.0.0.1:\(running.adminPort)",
        ])
        try running.fixture.publish(intercept: 5)
        func haveBoth() throws -> Bool {
            try running.fixture.predict().contains("\"model_version\":2")
                && running.ask("/models", at: running.adminPort)
                    .contains("\"serving_version\":2")
        }
        for _ in 0..<500 where try !haveBoth() {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try haveBoth())
    }

    @Test func aCertificateIsAnotherWayIn() async throws {
        let running = try Running()
        let folder = CertificateFolder()
        defer { folder.remove() }
        folder.makeLeaf("server", names: "DNS:a.example")
        folder.makeLeaf("known", names: "URI:spiffe://example.org/known,DNS:known.example")
        folder.makeLeaf("other", names: "DNS:other.example")
        try running.grant("by-token", "admin")
        try running.writeLines(
            running.lines + [
                "by-certificate viewer cert-uri:spiffe://example.org/known",
                "j predictor cert-dns:j",
            ])
        func show(_ name: String) {
            let identity = folder.identity(name)
            running.fixture.way = .tls(
                certificatePath: identity.certificatePath, keyPath: identity.keyPath)
        }
        show("known")
        _ = try await running.fixture.serve([
            "--tokens-file", running.tokensPath, "--tls-certificate", folder.file("server.pem"),
            "--tls-key", folder.file("server.key"), "--tls-client-ca", folder.file("ca.pem"),
        ])
        #expect(try running.status("/models") == 200)
        #expect(try running.status("/predict") == 403)
        #expect(try running.status("/predict", as: "by-token") == 200)
        #expect(try await running.logged("\"actor\":\"by-certificate\""))
        show("other")
        #expect(try running.status("/models") == 401)
        #expect(try running.status("/readyz") == 200)
        #expect(try running.status("/models", as: "by-token") == 200)
        // A session that goes on is its first handshake's client.
        var options = TLSClient.Options()
        options.certificate = folder.identity("known")
        let request = "GET /models HTTP/1.1\r\nHost: a\r\n\r\n"
        for isResumed in [false, true] {
            let client = try TLSClient(port: UInt16(running.fixture.port), options)
            client.send(request)
            #expect(client.read(until: "}]").hasPrefix("HTTP/1.1 200 "))
            #expect(client.isResumed == isResumed)
            options.session = client.session()
            options.certificate = nil
        }
    }

    /// However many come, the log has ten lines of a second and one that counts the rest.
    @Test func aFloodOfRefusalsDoesNotFillTheLog() async throws {
        let running = try Running()
        try running.writeLines([])
        _ = try await running.fixture.serve(["--tokens-file", running.tokensPath, "--loops", "2"])
        let connection = try #require(KeepAlive(port: UInt16(running.fixture.port)))
        let request = Array("GET /models HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        let answer = try #require(connection.answer(to: request))
        let start = ContinuousClock.now
        let batch = Array(repeatElement(request, count: 100).joined())
        for _ in 0..<50 {
            let answers = connection.exchange(batch, byteCount: answer.utf8.count * 100)
            #expect(answers?.count == answer.utf8.count * 100)
        }
        let seconds = Int((ContinuousClock.now - start).components.seconds) + 2
        #expect(try await running.logged("access refused, more often than is logged"))
        let count = running.fixture.log.ranges(of: "\"msg\":\"access refused\"").count
        #expect(10...10 * seconds ~= count, "\(count) lines in \(seconds) s")
    }

    @Test func checksATokensFile() throws {
        let running = try Running()
        try running.grant("ci", "operator", ["--expires", "2020-01-01"])
        try running.writeLines()
        func check() throws -> (code: Int32, text: String) {
            let output = "\(running.fixture.folder)/checked"
            unlink(output)
            let code = try Process(
                ServiceFixture.program("martlet"), ["tokens", "check", running.tokensPath],
                output: output
            ).wait()
            return (code, String(decoding: try ServiceFixture.contents(output), as: UTF8.self))
        }
        let good = try check()
        #expect(good.code == 0)
        #expect(good.text.contains("operator") && good.text.contains("(over)"))
        try running.writeLines(running.lines + ["ci root cert-dns:a"])
        let bad = try check()
        #expect(bad.code == 1)
        #expect(bad.text.contains("line 2: a role is one of"))
    }
}
