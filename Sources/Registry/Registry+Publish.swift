// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Registry {
    /// Publishes a version with its bytes in one transaction.
    ///
    /// Versions count from 1 without gaps, for each model. Publishing bytes that are a version of
    /// the model already gives that version.
    package func publish(_ draft: VersionDraft) throws(RegistryError) -> PublishedVersion {
        let digest = Digest(of: draft.artifact)
        let name = draft.model.description
        return try write { database in
            let now = try Self.moment(database)
            try database.execute(
                sql: "INSERT INTO model (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [name, now.milliseconds])
            let modelID = try Self.modelID(name, database)
            var published = try Int.fetchOne(
                database, sql: "SELECT version FROM version WHERE model_id = ? AND digest = ?",
                arguments: [modelID, digest.description]
            ).map { PublishedVersion(version: $0, digest: digest, isNew: false) }
            if published == nil {
                published = try insert(draft, digest, modelID, now, database)
            }
            guard let published else { throw RegistryError.unknownModel(name) }
            if let alias = draft.alias {
                try Self.move(
                    alias.description, ofModel: modelID, name, to: published.version,
                    expecting: .any, actor: draft.actor, reason: "published", database)
            }
            return published
        }
    }

    private func insert(
        _ draft: VersionDraft, _ digest: Digest, _ modelID: Int64, _ now: Timestamp,
        _ database: Database
    ) throws -> PublishedVersion {
        let last = try Int.fetchOne(
            database, sql: "SELECT max(version) FROM version WHERE model_id = ?",
            arguments: [modelID])
        let version = (last ?? 0) + 1
        try draft.artifact.withUnsafeBytes { bytes in
            // Another model may have the same bytes already.
            try database.execute(
                sql: "INSERT INTO artifact (digest, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [digest.description, Self.blob(bytes)])
        }
        try database.execute(
            sql: """
                INSERT INTO version (model_id, version, digest, lineage, created_at, created_by)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                modelID, version, digest.description, draft.lineage, now.milliseconds, draft.actor,
            ])
        try Self.appendAudit(
            .publication(
                of: version, model: draft.model.description, digest: digest.description,
                lineage: draft.lineage, at: now, actor: draft.actor), database)
        return PublishedVersion(version: version, digest: digest, isNew: true)
    }

    static func modelID(_ name: String, _ database: Database) throws -> Int64 {
        guard
            let id = try Int64.fetchOne(
                database, sql: "SELECT id FROM model WHERE name = ?", arguments: [name])
        else { throw RegistryError.unknownModel(name) }
        return id
    }
}
