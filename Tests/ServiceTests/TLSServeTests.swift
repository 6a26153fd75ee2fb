// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPServer
import OpenSSL
import TLSTesting
import Testing

/// The built server behind TLS.
@Suite(.serialized)
struct TLSServeTests {
    /// A server whose certificate lies in `server.pem` of a folder of its own.
    private final class Running {
        let fixture: ServiceFixture
        let folder = CertificateFolder()
        let process: Process

        init(clientAuthority: Bool = false) async throws {
            fixture = try ServiceFixture()
            try fixture.publish(intercept: 1)
            for name in ["server", "next", "client"] {
                folder.makeLeaf(name, names: "DNS:a.example")
            }
            let client = clientAuthority ? folder.identity("client") : nil
            fixture.way = .tls(certificatePath: client?.certificatePath, keyPath: client?.keyPath)
            process = try await fixture.serve(
                [
                    "--tls-certificate", folder.file("server.pem"),
                    "--tls-key", folder.file("server.key"),
                ] + (clientAuthority ? ["--tls-client-ca", folder.file("ca.pem")] : []))
        }

        deinit {
            folder.remove()
        }

        func client(_ change: (inout TLSClient.Options) -> Void = { _ in }) throws -> TLSClient {
            var options = TLSClient.Options()
            options.serverName = "a.example"
            options.authorityPath = folder.file("ca.pem")
            change(&options)
            return try TLSClient(port: UInt16(fixture.port), options)
        }

        func predict(_ client: TLSClient) -> String {
            let request = ServiceFixture.predict(close: false)
            client.send(request.replacing("Host: a\r\n", with: "Host: a.example\r\n"))
            return client.read(until: "\"prediction_id\"")
        }

        /// Puts the certificate and then its key in place of the server's.
        func replace(with name: String) {
            for kind in ["pem", "key"] {
                folder.write("server.\(kind)", folder.contents("\(name).\(kind)"))
            }
        }

        /// Waits, for up to ten seconds, for something in the log.
        func logged(_ text: String, count: Int = 1) async throws -> Bool {
            for _ in 0..<500 where fixture.log.ranges(of: text).count < count {
                try await Task.sleep(for: .milliseconds(20))
            }
            return fixture.log.ranges(of: text).count == count
        }

        func health(_ arguments: [String]) throws -> Int32 {
            unlink("\(fixture.folder)/health")
            return try Process(
                ServiceFixture.program("martlet"),
                ["health", "--address", "127.0.0.1:\(fixture.port)"] + arguments,
                output: "\(fixture.folder)/health"
            ).wait()
        }

        /// What `health` has said last.
        func said() throws -> String {
            String(
                decoding: try ServiceFixture.contents("\(fixture.folder)/health"), as: UTF8.self)
        }
    }

    @Test func predictsAndMeasures() async throws {
        let running = try await Running()
        let client = try running.client { $0.protocols = ["h2", "http/1.1"] }
        #expect(client.selectedProtocol == "http/1.1")
        for _ in 0..<20 {
            #expect(running.predict(client).hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
        let session = client.session()
        #expect(try running.client { $0.session = session }.isResumed)
        let metrics = try running.fixture.get("/metrics")
        #expect(
            metrics.contains("tls_handshakes_total{version=\"TLSv1.3\",result=\"resumed\"} 1\n"))
        let path = running.folder.file("server.pem")
        let expiry = "tls_certificate_expiry_timestamp_seconds{certificate=\"\(path)\"} "
        let start = try #require(metrics.firstRange(of: expiry)).upperBound
        let seconds = try #require(Int(metrics[start...].prefix { $0.isNumber }))
        #expect(29 * 86_400...30 * 86_400 ~= seconds - time(nil))
        running.process.signal(SIGTERM)
        #expect(running.process.wait() == 0)
    }

    @Test func letsInOnlyClientsOfItsAuthority() async throws {
        let running = try await Running(clientAuthority: true)
        let known = try running.client { $0.certificate = running.folder.identity("client") }
        #expect(running.predict(known).hasPrefix("HTTP/1.1 200 OK\r\n"))
        let unknown = try running.client()
        #expect(running.predict(unknown) == "")
        // It is counted a moment after the client has been told.
        let line = "tls_handshakes_total{version=\"\",result=\"certificate_missing\"} 1\n"
        var isCounted = false
        for _ in 0..<100 where !isCounted {
            isCounted = try running.fixture.get("/metrics").contains(line)
            if !isCounted { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(isCounted)
    }

    /// Certificates change under load: each connection that is open stays, each new one succeeds,
    /// and shows the old or the new certificate.
    @Test func changesCertificatesUnderLoad() async throws {
        let running = try await Running()
        running.folder.makeLeaf("third", names: "DNS:a.example")
        let first = try running.client()
        var seen: [String] = []
        for (index, name) in ["next", "third"].enumerated() {
            running.replace(with: name)
            let end = ContinuousClock.now + .seconds(10)
            while seen.last != name, ContinuousClock.now < end {
                let client = try running.client()
                #expect(running.predict(client).hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(running.predict(first).hasPrefix("HTTP/1.1 200 OK\r\n"))
                let shown = try #require(client.serverCommonName)
                if seen.last != shown { seen.append(shown) }
            }
            #expect(try await running.logged("\"msg\":\"tls files loaded\"", count: index + 1))
        }
        #expect(seen == ["server", "next", "third"])
        #expect(first.serverCommonName == "server")
        let metrics = try running.fixture.get("/metrics")
        #expect(metrics.contains("tls_certificate_reloads_total{result=\"success\"} 2\n"))
        #expect(metrics.contains("tls_certificate_reloads_total{result=\"failure\"} 0\n"))
    }

    @Test func keepsTheOldCertificateWhenTheFileIsBad() async throws {
        let running = try await Running()
        running.folder.write("server.key", running.folder.contents("next.key"))
        running.process.signal(SIGHUP)
        #expect(try await running.logged("\"level\":\"error\""))
        #expect(running.fixture.log.contains("is not the key of the certificate in"))
        #expect(running.fixture.log.contains(running.folder.file("server.key")))
        let client = try running.client()
        #expect(client.serverCommonName == "server")
        #expect(running.predict(client).hasPrefix("HTTP/1.1 200 OK\r\n"))
        let metrics = try running.fixture.get("/metrics")
        #expect(metrics.contains("tls_certificate_reloads_total{result=\"failure\"} 1\n"))
        running.folder.write("server.pem", running.folder.contents("next.pem"))
        running.process.signal(SIGHUP)
        #expect(try await running.logged("\"msg\":\"tls files loaded\""))
        #expect(try running.client().serverCommonName == "next")
    }

    /// The budget of memory for a connection that has been used and is idle: 40 KiB.
    @Test func anIdleConnectionTakesLittleMemory() async throws {
        let running = try await Running()
        var clients: [TLSClient] = []
        /// Opens connections that ask once, lets them rest, and measures.
        func residentBytes(afterOpening count: Int) async throws -> Int {
            for _ in 0..<count {
                let client = try running.client()
                #expect(running.predict(client).hasPrefix("HTTP/1.1 200 OK\r\n"))
                clients.append(client)
            }
            try await Task.sleep(for: .seconds(3))
            let metrics = try running.fixture.get("/metrics")
            let start = try #require(metrics.firstRange(of: "\nprocess_resident_memory_bytes "))
            return try #require(Int(metrics[start.upperBound...].prefix { $0.isNumber }))
        }
        // The first ones also fill what all connections share.
        let before = try await residentBytes(afterOpening: 100)
        let after = try await residentBytes(afterOpening: 300)
        #expect((after - before) / 300 <= 40 * 1024 || Sanitizer.isPresent)
    }

    @Test func isAskedForItsHealthOverTLS() async throws {
        let running = try await Running()
        #expect(try running.health(["--tls"]) == 0)
        #expect(try running.health([]) == 1)
        #expect(try running.said().contains("the server speaks TLS; add --tls"))
        let strict = try await Running(clientAuthority: true)
        #expect(try strict.health(["--tls"]) == 1)
        #expect(try strict.said().contains("the server wants a client certificate"))
        #expect(try strict.health([]) == 1)
        #expect(try strict.said().contains("over TLS: the server wants a client certificate"))
        let client = strict.folder.identity("client")
        let shown = ["--tls-certificate", client.certificatePath, "--tls-key", client.keyPath]
        #expect(try strict.health(shown) == 0)
        #expect(try strict.health(Array(shown.prefix(2))) == 2)
    }

    @Test func saysWhenAServerDoesNotSpeakTLS() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        _ = try await fixture.serve()
        let path = "\(fixture.folder)/health"
        let health = try Process(
            ServiceFixture.program("martlet"),
            ["health", "--tls", "--address", "127.0.0.1:\(fixture.port)"], output: path)
        #expect(health.wait() == 1)
        let said = String(decoding: try ServiceFixture.contents(path), as: UTF8.self)
        #expect(said.contains("the server does not speak TLS"), "\(said)")
    }

    @Test func doesNotStartWithoutItsKey() throws {
        let fixture = try ServiceFixture()
        let folder = CertificateFolder()
        defer { folder.remove() }
        let process = try Process(
            ServiceFixture.program("martlet"),
            [
                "serve", "--registry", fixture.registryPath, "--tls-certificate",
                folder.file("ca.pem"), "--tls-key", folder.file("absent.key"),
            ], output: "\(fixture.folder)/log")
        #expect(process.wait() == 1)
        #expect(
            fixture.log.contains("key file '\(folder.file("absent.key"))': No such file"))
    }
}
