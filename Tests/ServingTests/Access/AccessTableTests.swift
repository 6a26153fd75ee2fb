// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Registry
import Testing

@testable import Serving

struct AccessTableTests {
    private static let digest = String(repeating: "ab", count: 32)

    private static func table(_ text: String) throws(AccessTableError) -> AccessTable {
        try AccessTable(parsing: Array(text.utf8))
    }

    @Test func readsLinesOfAllKinds() throws {
        let colons = Array(repeating: "CD", count: 32).joined(separator: ":")
        let table = try Self.table(
            """
            # Who may do what. Wer was darf: für alle.

            ci\toperator  sha256:\(Self.digest)   # the pipeline
            alice@example.com admin sha256:\(Self.digest.replacing("ab", with: "0F")) expires=2027-01-31
            job predictor cert-sha256:\(colons)\r
            gateway predictor cert-dns:Gateway.Example expires=2027-01-31T12:00:00Z
            mesh viewer cert-uri:spiffe://example.org/ns/A#b
            """)
        #expect(
            table.entries.map(\.name) == ["ci", "alice@example.com", "job", "gateway", "mesh"])
        #expect(
            table.entries.map(\.role) == [.operator, .admin, .predictor, .predictor, .viewer])
        #expect(
            table.entries.map { "\($0.credential)" } == [
                "sha256:\(Self.digest)", "sha256:\(Self.digest.replacing("ab", with: "0f"))",
                "cert-sha256:\(Self.digest.replacing("ab", with: "cd"))",
                "cert-dns:gateway.example", "cert-uri:spiffe://example.org/ns/A#b",
            ])
        #expect(
            table.entries.map { $0.expiry.map { "\($0)" } } == [
                nil, "2027-01-31T00:00:00.000Z", nil, "2027-01-31T12:00:00.000Z", nil,
            ])
    }

    /// What an entry writes of itself is a line that gives the same.
    @Test func linesReadBack() throws {
        let token = AccessToken()
        let entry = AccessTable.Entry(
            name: "a", role: .viewer, token: token.digest, expiry: Timestamp("2027-01-31"))
        #expect(try Self.table("\(entry)\n").entries == [entry])
    }

    @Test(
        arguments: [
            ("a viewer", .malformedLine(line: 1)),
            ("\n\na viewer sha256:\(digest) expires=2027-01-31 x", .malformedLine(line: 3)),
            ("a/b viewer sha256:\(digest)", .malformedName(line: 1)),
            ("-a viewer sha256:\(digest)", .malformedName(line: 1)),
            ("anonymous@10.0.0.1 viewer sha256:\(digest)", .malformedName(line: 1)),
            ("Anonymous viewer sha256:\(digest)", .malformedName(line: 1)),
            (
                "\(String(repeating: "a", count: 65)) viewer sha256:\(digest)",
                .malformedName(line: 1)
            ),
            ("a root sha256:\(digest)", .unknownRole(line: 1)),
            ("a Viewer sha256:\(digest)", .unknownRole(line: 1)),
            ("a viewer \(digest)", .malformedCredential(line: 1)),
            ("a viewer sha256:\(digest)0", .malformedCredential(line: 1)),
            ("a viewer sha256:\(digest.dropLast())g", .malformedCredential(line: 1)),
            ("a viewer cert-sha256:", .malformedCredential(line: 1)),
            ("a viewer cert-dns:", .malformedCredential(line: 1)),
            ("a viewer cert-cn:x", .malformedCredential(line: 1)),
            ("a viewer sha256:\(digest) 2027-01-31", .malformedExpiry(line: 1)),
            ("a viewer sha256:\(digest) expires=2027-02-30", .malformedExpiry(line: 1)),
            ("a viewer sha256:\(digest) expires=", .malformedExpiry(line: 1)),
            (
                "a viewer sha256:\(digest)\nb admin sha256:\(digest.uppercased())",
                .duplicateCredential(line: 2, first: 1)
            ),
            (
                "a viewer cert-dns:x\nb viewer cert-dns:X",
                .duplicateCredential(line: 2, first: 1)
            ),
            ("a viewer cert-dns:x\na admin cert-dns:y", .differentRole(line: 2, first: 1)),
            ("a viewer cert-dns:\u{e9}", .malformedText(line: 1)),
            ("a viewer\u{0}b cert-dns:x", .malformedText(line: 1)),
        ] as [(String, AccessTableError)])
    func refuses(_ text: String, _ error: AccessTableError) {
        #expect(throws: error) { try Self.table(text) }
        // What stands there may be a secret in the clear.
        #expect(!"\(error)".contains(Self.digest))
    }

    @Test func isBounded() {
        let lines = (0...AccessTable.entryCountMax).map { "a viewer cert-dns:host\($0)\n" }
        #expect(throws: AccessTableError.tooManyLines(countMax: 1_000)) {
            try Self.table(lines.joined())
        }
        #expect(throws: Never.self) { try Self.table(lines.dropLast().joined()) }
        let comment = "#" + String(repeating: "a", count: AccessTable.byteCountMax)
        #expect(throws: AccessTableError.tooLarge(byteCountMax: 1_048_576)) {
            try Self.table(comment)
        }
    }

    /// Any byte anywhere: refused, or a table as good as the one before, and never a trap.
    @Test func survivesEveryByteAtEveryPlace() throws {
        let line = Array("a viewer sha256:\(Self.digest) expires=2027-01-31".utf8)
        var acceptedCount = 0
        for index in line.indices {
            for byte in UInt8.min...UInt8.max {
                var text = line
                text[index] = byte
                guard let table = try? AccessTable(parsing: text) else { continue }
                acceptedCount += 1
                #expect(table.entries.count <= 1)
                for entry in table.entries {
                    #expect(AccessTable.isName(entry.name))
                    let again = try? AccessTable(parsing: Array("\(entry)".utf8)).entries
                    #expect(again == [entry], "\(entry)")
                }
            }
        }
        // At least every name of one letter, and every digit of the digest.
        #expect(acceptedCount > 62 + 64 * 16)
    }

    @Test func aRotationKeepsNameAndRole() throws {
        let table = try Self.table("a viewer cert-dns:x\na viewer cert-dns:y\n")
        #expect(table.entries.count == 2)
    }

    @Test(arguments: [
        ("", false), ("a viewer cert-dns:x", false), ("a operator cert-dns:x", false),
        ("a admin cert-dns:x", false), ("a predictor cert-dns:x", true),
        ("a predictor cert-dns:x expires=2020-01-01", true),
    ])
    func onePredictorGuardsPredictions(_ text: String, _ isGuarded: Bool) throws {
        #expect(try Self.table(text).guardsPredictions == isGuarded)
    }

    /// Every bit of a digest counts, wherever its token stands: nothing is compared in part.
    @Test func aTokenIsFoundByAllBitsOfItsDigest() throws {
        let tokens = (0..<7).map { _ in AccessToken() }
        let lines = tokens.enumerated().map { index, token in
            "t\(index) viewer sha256:\(token.digest)\nc\(index) viewer cert-dns:h\(index)\n"
        }
        let table = try Self.table(lines.joined())
        for (index, token) in tokens.enumerated() {
            let words = token.digest.words
            #expect(table.entry(ofToken: words)?.name == "t\(index)")
            for bit in 0..<256 {
                var other = words
                other[bit / 64] ^= 1 << UInt64(bit % 64)
                #expect(table.entry(ofToken: other) == nil)
            }
        }
        #expect(try Self.table("").entry(ofToken: tokens[0].digest.words) == nil)
    }

    @Test func aCertificateIsFoundByItsDigestBeforeItsNames() throws {
        let certificate = ClientCertificate(
            sha256: Array(repeating: 0xAB, count: 32), dnsNames: ["b.example", "a.example"],
            uris: ["spiffe://example.org/Job"])
        let byNames = "a viewer cert-dns:a.example\nb viewer cert-dns:B.example\n"
        let all = "\(byNames)d viewer cert-sha256:\(Self.digest)\n"
        #expect(try Self.table(all).entry(of: certificate)?.name == "d")
        #expect(try Self.table(byNames).entry(of: certificate)?.name == "b")
        let uri = "u viewer cert-uri:spiffe://example.org/Job\n"
        #expect(try Self.table(uri).entry(of: certificate)?.name == "u")
        #expect(try Self.table(uri.lowercased()).entry(of: certificate) == nil)
        // A token's digest is no certificate's.
        #expect(try Self.table("t viewer sha256:\(Self.digest)").entry(of: certificate) == nil)
    }
}
