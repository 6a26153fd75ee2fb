// SPDX-License-Identifier: Apache-2.0

/// A version about to be published.
package struct VersionDraft: Sendable {
    package let model: ModelName
    package let artifact: [UInt8]
    /// A JSON object: how the version came to be.
    package let lineage: String
    package let actor: String
    /// The alias to move to the version in the same transaction.
    package let alias: AliasName?

    package init(
        model: ModelName, artifact: [UInt8], lineage: String, actor: String,
        alias: AliasName? = nil
    ) {
        self.model = model
        self.artifact = artifact
        self.lineage = lineage
        self.actor = actor
        self.alias = alias
    }
}

package struct PublishedVersion: Equatable, Sendable {
    package let version: Int
    package let digest: Digest
    /// Whether these bytes were not a version of this model before.
    package let isNew: Bool
}

package struct VersionRecord: Equatable, Sendable {
    package let model: String
    package let version: Int
    package let digest: Digest
    package let byteCount: Int
    package let createdAt: Timestamp
    package let createdBy: String
    package let lineage: String
}

package struct AliasRecord: Equatable, Sendable {
    package let model: String
    package let alias: String
    package let version: Int
    package let movedAt: Timestamp
    package let movedBy: String
}

package struct AliasMove: Equatable, Sendable {
    package let alias: String
    package let before: Int?
    package let after: Int
    package let at: Timestamp
    package let actor: String
    package let reason: String
}

/// Where an alias must be for a move to happen.
package enum AliasExpectation: Equatable, Sendable {
    case any
    case absent
    case version(Int)
}

/// Everything but the bytes, as it stood at one moment.
package struct RegistrySnapshot: Equatable, Sendable {
    package let versions: [VersionRecord]
    package let aliases: [AliasRecord]
    /// Every active one, and the newest 100 that have ended; newest first.
    package let rollouts: [RolloutRecord]

    package static let empty = RegistrySnapshot(versions: [], aliases: [])

    package init(
        versions: [VersionRecord], aliases: [AliasRecord], rollouts: [RolloutRecord] = []
    ) {
        self.versions = versions
        self.aliases = aliases
        self.rollouts = rollouts
    }
}
