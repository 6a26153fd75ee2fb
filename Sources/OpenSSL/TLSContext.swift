// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Synchronization

/// What a TLS server is: its certificates with their keys, whom it lets in, and how it speaks.
///
/// Immutable. A server whose files change makes another one and gives new connections that; the old
/// one ends with its last session.
package final class TLSContext: Sendable {
    /// A certificate with its private key, in PEM.
    package struct Identity: Equatable, Sendable {
        /// The server's certificate, then the intermediate ones up to the root's, each signed by
        /// the next.
        package let certificatePath: String
        /// May be the same file.
        package let keyPath: String

        package init(certificatePath: String, keyPath: String) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
        }
    }

    private let table: Mutex<CertificateTable>
    /// When each identity's certificate expires, in their order, in Unix seconds.
    package let expiryUnixSeconds: [Int]

    /// Reads and checks the files. Blocks.
    ///
    /// - Parameters:
    ///   - identities: at least one; the first answers clients that name no server or an unknown
    ///     one.
    ///   - clientAuthorityPath: the authorities whose clients are let in, and their revocation
    ///     lists, in PEM; without a file any client is.
    package init(identities: [Identity], clientAuthorityPath: String? = nil) throws(TLSError) {
        let table = try CertificateTable(identities, clientAuthorityPath: clientAuthorityPath)
        expiryUnixSeconds = table.expiryUnixSeconds
        self.table = Mutex(table)
    }

    /// The server's side of a session over a connected, non-blocking socket, which stays the
    /// caller's and must stay open while the session is used.
    ///
    /// - Returns: `nil` when there is no memory for it.
    package func makeSession(descriptor: Int32) -> TLSSession? {
        // A fresh SSL shares with its context only what libssl guards: it may leave the lock.
        let bits = table.withLock { UInt(bitPattern: SSL_new($0.first)) }
        guard let ssl = OpaquePointer(bitPattern: bits) else { return nil }
        return TLSSession(ssl, descriptor: descriptor, context: self)
    }
}
