// SPDX-License-Identifier: Apache-2.0

/// By what a caller is known.
package enum AccessCredential: Hashable, Sendable {
    /// A bearer token, by the SHA-256 of its text.
    case token(TokenDigest)
    /// A client certificate, by one of its subjects as `ClientCertificate` writes them.
    case certificate(subject: String)

    /// What stands before a subject in the tokens file.
    static let certificatePrefix = "cert-"

    /// As it stands in the tokens file: `sha256:…`, `cert-sha256:…`, `cert-dns:…`, `cert-uri:…`.
    init?(_ word: some StringProtocol) {
        if let digits = word.dropping("sha256:") {
            guard let digest = TokenDigest(hexadecimal: digits) else { return nil }
            self = .token(digest)
        } else if let digits = word.dropping("cert-sha256:") {
            // As `openssl x509 -fingerprint` writes it, too.
            let plain =
                String(digits).filter { $0 != ":" || digits.utf8.count != 95 }
            guard TokenDigest(hexadecimal: plain) != nil else { return nil }
            self = .certificate(subject: "sha256:" + plain.lowercased())
        } else if let name = word.dropping("cert-dns:"), !name.isEmpty {
            self = .certificate(subject: "dns:" + name.lowercased())
        } else if let uri = word.dropping("cert-uri:"), !uri.isEmpty {
            self = .certificate(subject: "uri:" + uri)
        } else {
            return nil
        }
    }
}

extension AccessCredential: CustomStringConvertible {
    /// As it stands in the tokens file.
    package var description: String {
        switch self {
        case .token(let digest): "sha256:\(digest)"
        case .certificate(let subject): Self.certificatePrefix + subject
        }
    }
}

/// The SHA-256 of a token.
package struct TokenDigest: Hashable, Sendable {
    let words: InlineArray<4, UInt64>

    init(_ words: InlineArray<4, UInt64>) {
        self.words = words
    }

    /// Reads 64 hexadecimal digits.
    init?(hexadecimal digits: some StringProtocol) {
        guard digits.utf8.count == 64 else { return nil }
        var words = InlineArray<4, UInt64>(repeating: 0)
        for (index, byte) in digits.utf8.enumerated() {
            let value: UInt8
            switch byte {
            case 0x30...0x39: value = byte - 0x30
            case 0x41...0x46: value = byte - 0x37
            case 0x61...0x66: value = byte - 0x57
            default: return nil
            }
            words[index / 16] = words[index / 16] << 4 | UInt64(value)
        }
        self.words = words
    }

    package static func == (left: TokenDigest, right: TokenDigest) -> Bool {
        left.words.indices.allSatisfy { left.words[$0] == right.words[$0] }
    }

    package func hash(into hasher: inout Hasher) {
        for index in words.indices { hasher.combine(words[index]) }
    }
}

extension TokenDigest: CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    package var description: String {
        words.indices.map { index in
            let digits = String(words[index], radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }
}

extension StringProtocol {
    /// What follows the prefix; `nil` without it.
    fileprivate func dropping(_ prefix: String) -> SubSequence? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
