// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Testing

struct SHA256Tests {
    /// FIPS 180-4's examples, the empty message, and one of a million bytes.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func matchesPublishedDigests(message: String, hex: String) {
        let text = Array(message.utf8)
        #expect(SHA256.digest(of: text) == bytes(hex: hex))
        let digest = SHA256.digest(of: text.span)
        #expect(digest.indices.map { digest[$0] } == bytes(hex: hex))
    }

    @Test func piecesGiveTheDigestOfTheWhole() {
        let message = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let whole = SHA256.digest(of: message)
        for split in 0...message.count {
            var digest = SHA256()
            digest.update(Array(message[..<split]))
            digest.update(Array(message[split...]))
            #expect(digest.finish() == whole)
        }
    }

    private func bytes(hex: String) -> [UInt8] {
        let digits = hex.utf8.map { UInt8($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
