// SPDX-License-Identifier: Apache-2.0
package import OpenSSL

/// Where the certificates lie that the server shows, and those it asks of its clients. All PEM.
package struct TLSFiles: Equatable, Sendable {
    /// At least one; the first is for clients that ask for no name, or for an unknown one.
    package var identities: [TLSContext.Identity]
    /// The authorities of which one must have signed the client's certificate; `nil` to ask for
    /// none.
    package var clientAuthorityPath: String?

    /// - Parameters:
    ///   - certificatePaths: chains, each with the server's certificate first.
    ///   - keyPaths: the keys, in the same order.
    package init(certificatePaths: [String], keyPaths: [String], clientAuthorityPath: String?) {
        identities = zip(certificatePaths, keyPaths).map {
            TLSContext.Identity(certificatePath: $0, keyPath: $1)
        }
        self.clientAuthorityPath = clientAuthorityPath
    }

    package var certificatePaths: [String] { identities.map(\.certificatePath) }

    /// Every file, once for each use.
    var paths: [String] {
        identities.flatMap { [$0.certificatePath, $0.keyPath] }
            + (clientAuthorityPath.map { [$0] } ?? [])
    }
}

extension TLSContext {
    convenience init(_ files: TLSFiles) throws(TLSError) {
        try self.init(
            identities: files.identities, clientAuthorityPath: files.clientAuthorityPath)
    }
}
