// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc
import OpenSSL
import TLSTesting
import Testing

struct TLSHandshakeTests {
    private let folder = CertificateFolder.shared

    static let versions = [TLS1_2_VERSION, TLS1_3_VERSION]

    @Test(arguments: [(TLS1_2_VERSION, TLSVersion.tls12), (TLS1_3_VERSION, .tls13)])
    func speaksBothVersions(number: Int32, version: TLSVersion) throws {
        var options = TLSClient.Options()
        options.versions = number...number
        let pair = try TLSPair(of: try folder.context(), options)
        #expect(pair.handshake() == .done(0))
        let agreement = pair.server.agreement
        #expect(agreement.version == version)
        #expect(!agreement.isResumed)
        #expect(agreement.serverName == nil)
    }

    /// The client allows what is long out of use; it is the server that refuses.
    @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION])
    func refusesOldVersions(number: Int32) throws {
        var options = TLSClient.Options()
        options.versions = number...number
        options.cipherSuites = "ALL:@SECLEVEL=0"
        let pair = try TLSPair(of: try folder.context(), options)
        #expect(pair.handshake() == .failed(.noSharedVersion))
    }

    @Test(arguments: [
        "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256",
        "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM",
    ])
    func refusesSuitesWithoutForwardSecrecyOrAuthenticatedEncryption(suite: String) throws {
        var options = TLSClient.Options()
        options.versions = TLS1_2_VERSION...TLS1_2_VERSION
        options.cipherSuites = suite
        let pair = try TLSPair(of: try folder.context(), options)
        #expect(pair.handshake() == .failed(.noSharedCipher))
    }

    @Test(
        arguments: [
            ([], TLSOutcome.done(0), nil),
            (["http/1.1"], .done(0), "http/1.1"),
            (["h2", "http/1.1"], .done(0), "http/1.1"),
            (["http/1.1", "h2"], .done(0), "http/1.1"),
            (["h2"], .failed(.noSharedProtocol), nil),
            (["http/1.0"], .failed(.noSharedProtocol), nil),
            (["http/1.10", "http/1.", "HTTP/1.1"], .failed(.noSharedProtocol), nil),
        ] as [([String], TLSOutcome, String?)])
    func selectsHTTP11(offer: [String], outcome: TLSOutcome, selected: String?) throws {
        for version in Self.versions {
            var options = TLSClient.Options()
            options.versions = version...version
            options.protocols = offer
            let pair = try TLSPair(of: try folder.context(), options)
            #expect(pair.handshake() == outcome)
            #expect(pair.client.selectedProtocol == selected)
        }
    }

    /// Which certificate is shown for a name.
    @Test(
        arguments: [
            (nil, "server"),
            ("default.example", "server"),
            ("a.example", "named"),
            ("A.EXAMPLE", "named"),
            ("b.wild.example", "named"),
            ("exact.wild.example", "exact"),
            ("b.c.wild.example", "server"),
            ("wild.example", "server"),
            ("unknown.example", "server"),
            // The common name does not count beside alternative names.
            ("named", "server"),
        ] as [(String?, String)])
    func picksTheCertificateByName(name: String?, certificate: String) throws {
        let context = try folder.context(["server", "named", "exact"])
        for version in Self.versions {
            var options = TLSClient.Options()
            options.versions = version...version
            options.serverName = name
            let pair = try TLSPair(of: context, options)
            #expect(pair.handshake() == .done(0))
            #expect(pair.client.serverCommonName == certificate)
            #expect(pair.server.agreement.serverName == name?.lowercased())
        }
    }

    @Test func judgesHostsByTheCertificate() throws {
        var options = TLSClient.Options()
        options.serverName = "a.example"
        let pair = try TLSPair(of: try folder.context(["server", "named"]), options)
        #expect(pair.handshake() == .done(0))
        for (host, isValid) in [
            ("a.example", true), ("A.example", true), ("x.wild.example", true),
            ("default.example", false), ("x.y.wild.example", false), ("127.0.0.1", false),
        ] {
            #expect(pair.server.isValid(forHost: host) == isValid, "\(host)")
        }
        let other = try TLSPair(of: try folder.context())
        #expect(other.handshake() == .done(0))
        #expect(other.server.isValid(forHost: "127.0.0.1"))
    }

    @Test(
        arguments: [
            (nil, "ca.pem", TLSOutcome.failed(.certificateMissing)),
            ("client", "ca.pem", .done(0)),
            ("stranger", "ca.pem", .failed(.certificateRefused)),
            ("expired", "ca.pem", .failed(.certificateRefused)),
            ("client", "other-ca.pem", .failed(.certificateRefused)),
            ("client", "ca-with-crl.pem", .done(0)),
            ("revoked", "ca.pem", .done(0)),
            ("revoked", "ca-with-crl.pem", .failed(.certificateRefused)),
        ] as [(String?, String, TLSOutcome)])
    func letsClientsInByCertificate(
        name: String?, authority: String, outcome: TLSOutcome
    ) throws {
        let context = try folder.context(["server", "named"], clientAuthority: authority)
        for version in Self.versions {
            // The demand holds for each of the server's names.
            for serverName in ["default.example", "a.example"] {
                var options = TLSClient.Options()
                options.versions = version...version
                options.serverName = serverName
                options.certificate = name.map { folder.identity($0) }
                let pair = try TLSPair(of: context, options)
                #expect(pair.handshake() == outcome)
            }
        }
    }

    @Test(arguments: versions, [nil, "ca.pem"])
    func resumesASession(version: Int32, authority: String?) throws {
        let context = try folder.context(["server", "named"], clientAuthority: authority)
        var options = TLSClient.Options()
        options.versions = version...version
        options.serverName = "a.example"
        options.certificate = folder.identity("client")
        let first = try TLSPair(of: context, options)
        #expect(first.handshake() == .done(0))
        #expect(!first.server.agreement.isResumed)
        options.session = first.session()
        let second = try TLSPair(of: context, options)
        #expect(second.handshake() == .done(0))
        #expect(second.server.agreement.isResumed)
        #expect(second.server.agreement.serverName == "a.example")
        // A new context, as after a reload, does not know the old one's tickets.
        let reloaded = try folder.context(["server", "named"], clientAuthority: authority)
        let third = try TLSPair(of: reloaded, options)
        #expect(third.handshake() == .done(0))
        #expect(!third.server.agreement.isResumed)
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST /predict HTTP/1.1\r\n\r\n"])
    func recognisesPlainHTTP(request: String) throws {
        let pair = try TLSPair(of: try folder.context())
        send(pair.socket, request, request.utf8.count, 0)
        #expect(pair.server.handshake() == .failed(.plainHTTP))
    }

    @Test func refusesWhatIsNotTLS() throws {
        for first in UInt8.min...UInt8.max where first != 22 {
            let pair = try TLSPair(of: try folder.context())
            let bytes = [first] + (1..<64).map { UInt8($0 &* 37 & 0xFF) }
            send(pair.socket, bytes, bytes.count, 0)
            guard case .failed = pair.server.handshake() else {
                Issue.record("first byte \(first)")
                continue
            }
        }
    }

    @Test func endsWithAClientThatGoesAway() throws {
        let pair = try TLSPair(of: try folder.context())
        SSL_do_handshake(pair.ssl)
        #expect(pair.server.handshake() == .wantsRead)
        shutdown(pair.socket, Int32(SHUT_RDWR))
        #expect(pair.server.handshake() == .failed(.truncated))
    }

    @Test func refusesToRenegotiate() throws {
        var options = TLSClient.Options()
        options.versions = TLS1_2_VERSION...TLS1_2_VERSION
        let pair = try TLSPair(of: try folder.context(), options)
        #expect(pair.handshake() == .done(0))
        #expect(SSL_renegotiate(pair.ssl) == 1)
        SSL_do_handshake(pair.ssl)
        #expect(pair.server.read().0.isEmpty)
        ERR_clear_error()
        #expect(SSL_do_handshake(pair.ssl) < 0)
        #expect(ERR_GET_REASON(ERR_peek_error()) == SSL_R_NO_RENEGOTIATION)
    }
}
