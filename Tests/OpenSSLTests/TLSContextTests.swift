// SPDX-License-Identifier: Apache-2.0
import Foundation
import OpenSSL
import TLSTesting
import Testing

struct TLSContextTests {
    private let folder = CertificateFolder.shared

    private func error(_ identity: TLSContext.Identity, clientAuthority: String? = nil) -> TLSError?
    {
        do throws(TLSError) {
            _ = try TLSContext(
                identities: [identity], clientAuthorityPath: clientAuthority)
            return nil
        } catch {
            return error
        }
    }

    private func identity(_ certificate: String, _ key: String) -> TLSContext.Identity {
        TLSContext.Identity(certificatePath: folder.file(certificate), keyPath: folder.file(key))
    }

    @Test func acceptsACertificateWithItsKey() {
        #expect(error(folder.identity("server")) == nil)
        #expect(error(folder.identity("server"), clientAuthority: folder.file("ca.pem")) == nil)
    }

    @Test(arguments: ["absent.pem", "garbage", "server.key"])
    func namesTheCertificateFileAtFault(name: String) {
        guard
            case .unreadableCertificate(folder.file(name), let reason) =
                error(identity(name, "server.key"))
        else {
            Issue.record("it was accepted, or something else was at fault")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test(arguments: ["absent.key", "garbage", "server.pem"])
    func namesTheKeyFileAtFault(name: String) {
        guard
            case .unreadableKey(folder.file(name), let reason) =
                error(identity("server.pem", name))
        else {
            Issue.record("it was accepted, or something else was at fault")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test(arguments: ["absent.pem", "garbage", "server.key"])
    func namesTheClientAuthorityFileAtFault(name: String) {
        let error = error(folder.identity("server"), clientAuthority: folder.file(name))
        guard case .unreadableClientAuthority(folder.file(name), _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// In words that say what to do, where libcrypto's are "no start line".
    @Test func saysWhatAFileIsInsteadOfPEM() {
        let directory = TLSContext.Identity(
            certificatePath: folder.path, keyPath: folder.file("server.key"))
        #expect(
            error(directory)
                == .unreadableCertificate(file: folder.path, reason: "Is a directory"))
        #expect(
            error(identity("server.key", "server.key"))
                == .unreadableCertificate(
                    file: folder.file("server.key"),
                    reason: "it is no PEM file with a certificate"))
        #expect(
            error(folder.identity("server"), clientAuthority: folder.path)
                == .unreadableClientAuthority(file: folder.path, reason: "Is a directory"))
    }

    /// Another key of the same type, and one of another type.
    @Test(arguments: ["client.key", "rsa.key"])
    func refusesTheKeyOfAnotherCertificate(key: String) {
        #expect(
            error(identity("server.pem", key))
                == .keyMismatch(
                    certificatePath: folder.file("server.pem"), keyPath: folder.file(key)))
    }

    /// Without asking for the passphrase on a terminal, which would hang a service.
    @Test(arguments: ["encrypted.key", "encrypted-pem.key"])
    func refusesAnEncryptedKey(name: String) {
        #expect(error(identity("server.pem", name)) == .encryptedKey(file: folder.file(name)))
    }

    @Test func refusesToBeWithoutACertificate() {
        #expect(throws: TLSError.noCertificate) { try TLSContext(identities: []) }
    }

    @Test func knowsWhenItsCertificatesExpire() throws {
        let expiry = try folder.context(["server", "named"]).expiryUnixSeconds
        #expect(expiry.count == 2)
        for seconds in expiry {
            let ahead = seconds - Int(Date().timeIntervalSince1970)
            #expect(29 * 86_400...30 * 86_400 ~= ahead)
        }
    }

    @Test func refusesWhatIsNotValidNow() {
        #expect(error(folder.identity("expired")) == .expired(file: folder.file("expired.pem")))
        #expect(error(folder.identity("future")) == .notYetValid(file: folder.file("future.pem")))
    }

    @Test func wantsEachCertificateSignedByTheNext() {
        #expect(error(identity("chained.pem", "server.key")) == nil)
        #expect(
            error(identity("misordered.pem", "server.key"))
                == .brokenChain(file: folder.file("misordered.pem"), position: 2))
    }
}
