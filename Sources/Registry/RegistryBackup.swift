// SPDX-License-Identifier: Apache-2.0

/// What a copy of the registry was proved to hold.
package struct RegistryBackup: Equatable, Sendable {
    package let byteCount: Int
    package let versionCount: Int
    package let auditRowCount: Int
    /// The last hash of the audit chain; empty where nothing was ever published. Whoever keeps it
    /// elsewhere notices a file that was written anew, even a consistent one.
    package let auditHash: String
}
