// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc
import OpenSSL
import TLSTesting
import Testing

struct PeerCertificateTests {
    private let folder = CertificateFolder.shared

    private static let versions = [TLS1_2_VERSION, TLS1_3_VERSION]

    /// The digest of a certificate's file as the library's own reader has it.
    private func digest(_ name: String) throws -> [UInt8] {
        let file = try #require(BIO_new_file(folder.file("\(name).pem"), "r"))
        defer { BIO_free(file) }
        let certificate = try #require(PEM_read_bio_X509(file, nil, nil, nil))
        defer { X509_free(certificate) }
        var der: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509(certificate, &der)
        let bytes = Array(UnsafeBufferPointer(start: der, count: Int(count)))
        CRYPTO_free(der, nil, 0)
        return SHA256.digest(of: bytes)
    }

    @Test(arguments: versions)
    func tellsDigestAndNames(version: Int32) throws {
        var options = TLSClient.Options()
        options.versions = version...version
        options.certificate = folder.identity("many-names")
        let context = try folder.context(clientAuthority: "ca.pem")
        let pair = try TLSPair(of: context, options)
        #expect(pair.handshake() == .done(0))
        let shown = try #require(pair.server.agreement.clientCertificate)
        #expect(shown.sha256 == (try digest("many-names")))
        #expect(shown.dnsNames == ["job.example"])
        #expect(shown.uris == ["spiffe://example.org/Job"])
        // A session that goes on knows who began it.
        options.session = pair.session()
        let next = try TLSPair(of: context, options)
        #expect(next.handshake() == .done(0))
        #expect(next.server.agreement.isResumed)
        #expect(next.server.agreement.clientCertificate == shown)
    }

    @Test(arguments: versions)
    func thereIsNoneWhereNoneIsAskedFor(version: Int32) throws {
        var options = TLSClient.Options()
        options.versions = version...version
        options.certificate = folder.identity("client")
        let pair = try TLSPair(of: try folder.context(), options)
        #expect(pair.handshake() == .done(0))
        #expect(pair.server.agreement.clientCertificate == nil)
    }
}
