// SPDX-License-Identifier: Apache-2.0
import HTTP1
package import Registry

/// Who may do what: the content of a tokens file, immutable.
package struct AccessTable: Sendable {
    /// One line of the file.
    package struct Entry: Equatable, Sendable {
        package let name: String
        package let role: AccessRole
        package let credential: AccessCredential
        /// The first moment at which it counts no longer; `nil` for never.
        package let expiry: Timestamp?
    }

    /// In the file's order.
    package let entries: [Entry]
    /// Whether predictions are for those with a role only: one line at least gives `predictor`.
    package let guardsPredictions: Bool
    /// The digests of the tokens, and the entry of each.
    private let tokens: [InlineArray<4, UInt64>]
    private let tokenEntries: [Int]
    private let certificates: [String: Int]

    /// - Precondition: no two entries have the same credential.
    init(_ entries: [Entry]) {
        self.entries = entries
        guardsPredictions = entries.contains { $0.role == .predictor }
        var tokens: [InlineArray<4, UInt64>] = []
        var tokenEntries: [Int] = []
        var certificates: [String: Int] = [:]
        for (index, entry) in entries.enumerated() {
            switch entry.credential {
            case .token(let digest):
                tokens.append(digest.words)
                tokenEntries.append(index)
            case .certificate(let subject): certificates[subject] = index
            }
        }
        self.tokens = tokens
        self.tokenEntries = tokenEntries
        self.certificates = certificates
    }

    /// The entry of a token with this digest.
    ///
    /// Every token's digest is looked at in full whichever fits: how long it takes tells nothing of
    /// where, or whether, the bytes differ.
    ///
    /// - Complexity: the number of tokens in the file.
    func entry(ofToken digest: InlineArray<4, UInt64>) -> Entry? {
        // One above the index of what fits; at most one does.
        var found: UInt64 = 0
        for index in tokens.indices {
            let token = tokens[index]
            let difference =
                (token[0] ^ digest[0]) | (token[1] ^ digest[1]) | (token[2] ^ digest[2])
                | (token[3] ^ digest[3])
            // All ones where there is no difference, without a branch.
            let fits = ((difference | (0 &- difference)) >> 63) &- 1
            found |= UInt64(truncatingIfNeeded: index &+ 1) & fits
        }
        return found == 0 ? nil : entries[tokenEntries[Int(found) - 1]]
    }

    /// The entry of a certificate: by its digest, or else by the first of its names that has one.
    func entry(of certificate: ClientCertificate) -> Entry? {
        for subject in certificate.subjects {
            if let index = certificates[subject] { return entries[index] }
        }
        return nil
    }
}
