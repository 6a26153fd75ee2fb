// SPDX-License-Identifier: Apache-2.0
import Foundation
package import OpenSSL

/// Certificates of a test authority, made by the `openssl` command into a folder of their own.
package final class CertificateFolder: Sendable {
    /// One for all tests of a process that only read it.
    package static let shared: CertificateFolder = {
        let folder = CertificateFolder()
        folder.makeAll()
        atexit { CertificateFolder.shared.remove() }
        return folder
    }()

    package let path: String

    /// An authority, `ca`, and nothing else.
    package init() {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "martlet-tls-\(UUID().uuidString)")
        path = folder.path
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        makeAuthority("ca")
    }

    package func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    package func identity(_ name: String) -> TLSContext.Identity {
        TLSContext.Identity(certificatePath: file("\(name).pem"), keyPath: file("\(name).key"))
    }

    package func context(
        _ names: [String] = ["server"], clientAuthority: String? = nil
    ) throws -> TLSContext {
        try TLSContext(
            identities: names.map { identity($0) },
            clientAuthorityPath: clientAuthority.map { file($0) })
    }

    package func contents(_ name: String) -> [UInt8] {
        FileManager.default.contents(atPath: file(name)).map { Array($0) } ?? []
    }

    package func write(_ name: String, _ bytes: [UInt8]) {
        precondition(FileManager.default.createFile(atPath: file(name), contents: Data(bytes)))
    }

    /// A certificate `name.pem` with its key `name.key`, for 30 days from now.
    package func makeLeaf(_ name: String, names: String, authority: String = "ca") {
        openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30"
                + " -CA \(authority).pem -CAkey \(authority).key -subj /CN=\(name)"
                + " -addext subjectAltName=\(names) -addext basicConstraints=critical,CA:FALSE"
                + " -keyout \(name).key -out \(name).pem")
    }

    private func makeAll() {
        makeAuthority("other-ca")
        makeLeaf("server", names: "DNS:default.example,IP:127.0.0.1")
        makeLeaf("named", names: "DNS:a.example,DNS:*.wild.example")
        makeLeaf("exact", names: "DNS:exact.wild.example")
        makeLeaf("client", names: "DNS:client")
        makeLeaf(
            "many-names",
            names: "DNS:Job.Example,IP:10.0.0.1,URI:spiffe://example.org/Job,email:a@b.example")
        makeLeaf("revoked", names: "DNS:revoked")
        makeLeaf("stranger", names: "DNS:client", authority: "other-ca")
        openssl(
            "pkcs8 -topk8 -in server.key -out encrypted.key -passout pass:secret -v2 aes-256-cbc")
        openssl("ec -in server.key -out encrypted-pem.key -aes256 -passout pass:secret")
        openssl("genrsa -out rsa.key 2048")
        configure()
        makeDated("expired", from: "20200101000000Z", to: "20200102000000Z")
        makeDated("future", from: "20990101000000Z", to: "20990102000000Z")
        openssl("ca \(Self.byConfiguration) -revoke revoked.pem")
        openssl("ca \(Self.byConfiguration) -gencrl -out crl.pem")
        write("ca-with-crl.pem", contents("ca.pem") + contents("crl.pem"))
        write("chained.pem", contents("server.pem") + contents("ca.pem"))
        write("misordered.pem", contents("server.pem") + contents("other-ca.pem"))
        write("garbage", Array("-----BEGIN CERTIFICATE-----\nAAAA\n".utf8))
    }

    private func makeAuthority(_ name: String) {
        openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30"
                + " -subj /CN=\(name) -keyout \(name).key -out \(name).pem")
    }

    private static let byConfiguration = "-config ca.cnf -cert ca.pem -keyfile ca.key -batch"

    /// For `openssl ca`, which does what needs a memory: dates of one's choice, revocation.
    private func configure() {
        write("index.txt", [])
        write(
            "ca.cnf",
            Array(
                """
                [ca]
                default_ca = test
                [test]
                database = index.txt
                new_certs_dir = .
                rand_serial = yes
                default_md = sha256
                default_crl_days = 30
                policy = any
                [any]
                commonName = supplied
                """.utf8))
    }

    private func makeDated(_ name: String, from start: String, to end: String) {
        openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=\(name)"
                + " -keyout \(name).key -out \(name).csr")
        openssl(
            "ca \(Self.byConfiguration) -in \(name).csr -out \(name).pem -notext"
                + " -startdate \(start) -enddate \(end)")
    }

    /// Without the certificates no test of these can tell anything: what fails here ends the run.
    private func openssl(_ arguments: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments.split(separator: " ").map { String($0) }
        process.currentDirectoryURL = URL(filePath: path)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
            process.waitUntilExit()
        } catch {
            preconditionFailure("cannot run openssl: \(error)")
        }
        precondition(process.terminationStatus == 0, "openssl \(arguments)")
    }
}
