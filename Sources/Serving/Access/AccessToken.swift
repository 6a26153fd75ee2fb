// SPDX-License-Identifier: Apache-2.0
package import Registry

/// A new bearer token: 256 random bits, with a mark in front by which scanners for leaked secrets
/// can tell it.
package struct AccessToken: Sendable {
    package static let prefix = "martlet_"
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// What its owner sends after `Bearer`; the tokens file must not hold it.
    package let text: String

    /// - Parameter generator: must be fit for secrets.
    package init(using generator: inout some RandomNumberGenerator) {
        // 43 digits of six bits.
        let digits = (0..<43).map { _ in Self.alphabet[Int.random(in: 0..<64, using: &generator)] }
        text = Self.prefix + String(decoding: digits, as: UTF8.self)
    }

    package init() {
        // The system's: getrandom(2).
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    package var digest: TokenDigest {
        let bytes = Array(text.utf8)
        return TokenDigest(Digest.words(of: bytes.span))
    }
}

extension AccessTable.Entry: CustomStringConvertible {
    package init(
        name: String, role: AccessRole, token: TokenDigest, expiry: Timestamp?
    ) {
        self.init(name: name, role: role, credential: .token(token), expiry: expiry)
    }

    /// The line of the tokens file.
    package var description: String {
        "\(name) \(role.rawValue) \(credential)" + (expiry.map { " expires=\($0)" } ?? "")
    }
}
