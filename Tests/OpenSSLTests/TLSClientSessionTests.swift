// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL
import TLSTesting
import Testing

/// A client that asks for a certificate of a known authority, for the host it means.
struct TLSClientSessionTests {
    private static let folder = CertificateFolder.shared

    /// What the client's handshake comes to, and what it has against the certificate.
    private static func shakeHands(
        _ host: String, server name: String = "server", authority: String = "ca",
        clientAuthority: String? = nil, identity: String? = nil
    ) throws -> (outcome: TLSOutcome, refusal: String?, answer: String) {
        var pair: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        try #require(socketpair(AF_UNIX, type, 0, &pair) == 0)
        defer { for socket in pair { close(socket) } }
        let context = try folder.context([name], clientAuthority: clientAuthority)
        let server = try #require(context.makeSession(descriptor: pair[1]))
        let client = try TLSClientSession(
            descriptor: pair[0], host: host,
            .init(
                authorityPath: folder.file("\(authority).pem"),
                identity: identity.map { folder.identity($0) }))
        var outcome = TLSOutcome.wantsRead
        var serverOutcome = TLSOutcome.wantsRead
        for _ in 0..<10 where outcome == .wantsRead || serverOutcome == .wantsRead {
            if outcome == .wantsRead { outcome = client.handshake() }
            if serverOutcome == .wantsRead { serverOutcome = server.handshake() }
        }
        guard outcome == .done(0) else { return (outcome, client.refusal, "") }
        if serverOutcome == .done(0) { #expect(server.write(Array("hello".utf8)) == .done(5)) }
        var block = [UInt8](repeating: 0, count: 100)
        var span = block.mutableSpan
        var bytes = span.mutableBytes
        let received = client.read(into: &bytes)
        return (
            received, client.refusal, String(decoding: block.prefix(5), as: UTF8.self)
        )
    }

    @Test(arguments: [
        ("default.example", "server"), ("DEFAULT.example", "server"), ("127.0.0.1", "server"),
        ("a.example", "named"), ("b.wild.example", "named"),
    ])
    func believesTheServerThatItMeans(host: String, server: String) throws {
        let result = try Self.shakeHands(host, server: server)
        #expect(result.outcome == .done(5))
        #expect(result.refusal == nil)
        #expect(result.answer == "hello")
    }

    @Test(arguments: [
        ("a.example", "server", "ca", "hostname mismatch"),
        ("server", "server", "ca", "hostname mismatch"),
        ("wild.example", "named", "ca", "hostname mismatch"),
        ("a.b.wild.example", "named", "ca", "hostname mismatch"),
        ("127.0.0.2", "server", "ca", "IP address mismatch"),
        ("::1", "server", "ca", "IP address mismatch"),
        ("default.example", "server", "other-ca", "unable to get local issuer certificate"),
    ])
    func refusesAnyOther(host: String, server: String, authority: String, words: String) throws {
        let result = try Self.shakeHands(host, server: server, authority: authority)
        #expect(result.outcome == .failed(.certificateRefused))
        #expect(result.refusal?.contains(words) == true, "\(result.refusal ?? "")")
    }

    @Test func showsItsCertificateWhereItIsAskedFor() throws {
        let shown = try Self.shakeHands(
            "default.example", clientAuthority: "ca.pem", identity: "client")
        #expect(shown.answer == "hello")
        // Of TLS 1.3 a client learns only by reading that the server wants none of it.
        let hidden = try Self.shakeHands("default.example", clientAuthority: "ca.pem")
        #expect(hidden.outcome == .failed(.alertReceived))
    }

    @Test func refusesANameThatIsNone() throws {
        #expect(throws: TLSError.self) {
            _ = try TLSClientSession(descriptor: 0, host: "", .init())
        }
        let path = Self.folder.file("garbage")
        #expect(throws: TLSError.self) {
            _ = try TLSClientSession(descriptor: 0, host: "a", .init(authorityPath: path))
        }
    }
}
