// SPDX-License-Identifier: Apache-2.0
import Foundation
import OpenSSL
import Synchronization
import TLSTesting
import Telemetry
import Testing

import HTTPServer

/// Files that change under a running server.
struct TLSReloaderTests {
    private final class Running: Sendable {
        let folder = CertificateFolder()
        let metrics = MetricsRegistry(loopCount: 1)
        private let reported = Mutex<[String]>([])

        deinit {
            folder.remove()
        }

        func reloader(_ certificate: String, _ key: String) throws -> TLSReloader {
            let files = TLSFiles(
                certificatePaths: [folder.file(certificate)], keyPaths: [folder.file(key)],
                clientAuthorityPath: nil)
            return try TLSReloader(files, metrics: metrics) { [weak self] event in
                self?.reported.withLock { events in
                    switch event {
                    case .loaded: events.append("loaded")
                    case .failed(let error): events.append("\(error)")
                    }
                }
            }
        }

        var events: [String] { reported.withLock { $0 } }

        /// Waits, for up to ten seconds, until so many reloads have been told of.
        func events(count: Int) async throws -> [String] {
            for _ in 0..<1000 where events.count < count {
                try await Task.sleep(for: .milliseconds(10))
            }
            return events
        }

        func copy(_ name: String, to other: String) {
            folder.write(other, folder.contents(name))
        }

        func metric(_ line: String) -> Bool {
            var output: [UInt8] = []
            TextExposition.prometheus.append(metrics, to: &output)
            return String(decoding: output, as: UTF8.self).contains(line)
        }
    }

    private func make(_ names: [String]) -> Running {
        let running = Running()
        for name in names { running.folder.makeLeaf(name, names: "DNS:a.example") }
        return running
    }

    @Test func newConnectionsGetTheNewCertificateAndOldOnesStay() async throws {
        let running = make(["old", "new"])
        running.copy("old.pem", to: "server.pem")
        running.copy("old.key", to: "server.key")
        let reloader = try running.reloader("server.pem", "server.key")
        let server = try TLSServer(reloader.identity)
        let before = try server.client()
        before.send(TLSServer.post("/echo", "one"))
        _ = before.read(until: "one")
        let session = before.session()
        reloader.start(pollMilliseconds: 20)
        running.copy("new.pem", to: "server.pem")
        running.copy("new.key", to: "server.key")
        #expect(try await running.events(count: 1) == ["loaded"])
        let after = try server.client { $0.session = session }
        #expect(after.serverCommonName == "new")
        // The old context's tickets went with it.
        #expect(!after.isResumed)
        before.send(TLSServer.post("/echo", "two"))
        #expect(before.read(until: "two").hasSuffix("two"))
        #expect(before.serverCommonName == "old")
        #expect(running.metric("tls_certificate_reloads_total{result=\"success\"} 1\n"))
        #expect(running.metric("tls_certificate_reloads_total{result=\"failure\"} 0\n"))
    }

    @Test func badFilesChangeNothingAndAreToldOfOnce() async throws {
        let running = make(["server", "other"])
        let reloader = try running.reloader("server.pem", "server.key")
        let before = reloader.identity.current
        reloader.start(pollMilliseconds: 20)
        running.copy("other.key", to: "server.key")
        let path = running.folder.file("server")
        #expect(
            try await running.events(count: 1) == [
                "key file '\(path).key' is not the key of the certificate in '\(path).pem'"
                    + " (of several the first counts, which must be the server's own)"
            ])
        try await Task.sleep(for: .milliseconds(300))
        #expect(running.events.count == 1)
        #expect(reloader.identity.current === before)
        #expect(running.metric("tls_certificate_reloads_total{result=\"failure\"} 1\n"))
        // The other half comes late, and all is well again.
        running.copy("other.pem", to: "server.pem")
        #expect(try await running.events(count: 2).last == "loaded")
        #expect(reloader.identity.current !== before)
        unlink(running.folder.file("server.key"))
        #expect(
            try await running.events(count: 3).last
                == "key file '\(path).key': No such file or directory")
    }

    /// As Kubernetes updates a volume of a secret: a link to a folder is turned to another one.
    @Test func followsLinks() async throws {
        let running = make(["old", "new"])
        let folder = running.folder
        for name in ["old", "new"] {
            mkdir(folder.file("..\(name)"), 0o700)
            running.copy("\(name).pem", to: "..\(name)/tls.crt")
            running.copy("\(name).key", to: "..\(name)/tls.key")
        }
        symlink("..old", folder.file("..data"))
        symlink("..data/tls.crt", folder.file("tls.crt"))
        symlink("..data/tls.key", folder.file("tls.key"))
        let reloader = try running.reloader("tls.crt", "tls.key")
        let server = try TLSServer(reloader.identity)
        reloader.start(pollMilliseconds: 20)
        #expect(try server.client().serverCommonName == "old")
        symlink("..new", folder.file("..data_tmp"))
        #expect(rename(folder.file("..data_tmp"), folder.file("..data")) == 0)
        #expect(try await running.events(count: 1) == ["loaded"])
        #expect(try server.client().serverCommonName == "new")
    }

    @Test func readsUnchangedFilesWhenAsked() async throws {
        let running = make(["server"])
        let reloader = try running.reloader("server.pem", "server.key")
        let before = reloader.identity.current
        reloader.reload()
        #expect(try await running.events(count: 1) == ["loaded"])
        #expect(reloader.identity.current !== before)
        running.folder.write("server.pem", Array("nothing".utf8))
        reloader.reload()
        #expect(
            try await running.events(count: 2).last
                == "certificate file '\(running.folder.file("server.pem"))': "
                + "it is no PEM file with a certificate"
        )
    }

    @Test func tellsWhenTheCertificateExpires() throws {
        let running = make(["server"])
        let reloader = try running.reloader("server.pem", "server.key")
        let seconds = reloader.identity.current.expiryUnixSeconds[0]
        let path = running.folder.file("server.pem")
        #expect(
            running.metric(
                "tls_certificate_expiry_timestamp_seconds{certificate=\"\(path)\"} \(seconds)\n"))
    }

    @Test func doesNotStartWithoutItsFiles() throws {
        let running = make([])
        let path = running.folder.file("absent.pem")
        let error = HTTPServerError.tls(
            .unreadableCertificate(file: path, reason: "No such file or directory"))
        #expect(throws: error) { try running.reloader("absent.pem", "absent.key") }
    }
}
