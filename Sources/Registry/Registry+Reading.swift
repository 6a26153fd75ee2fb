// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Registry {
    private static let versionColumns = """
        SELECT model.name AS model, version.version, version.digest, version.lineage,
        version.created_at, version.created_by, length(artifact.bytes) AS byte_count
        FROM version JOIN model ON model.id = version.model_id
        JOIN artifact ON artifact.digest = version.digest
        """

    /// All versions and aliases, by model and number.
    package func snapshot() throws(RegistryError) -> RegistrySnapshot {
        try read { database in
            let versions = try Row.fetchAll(
                database, sql: Self.versionColumns + " ORDER BY model.name, version.version")
            let aliases = try Row.fetchAll(
                database,
                sql: """
                    SELECT model.name AS model, alias.* FROM alias
                    JOIN model ON model.id = alias.model_id ORDER BY model.name, alias.name
                    """)
            return RegistrySnapshot(
                versions: versions.map(Self.version),
                aliases: aliases.map { row in
                    AliasRecord(
                        model: row["model"], alias: row["name"], version: row["version"],
                        movedAt: Timestamp(milliseconds: row["moved_at"]), movedBy: row["moved_by"])
                })
        }
    }

    package func version(
        _ version: Int, of model: ModelName
    ) throws(RegistryError) -> VersionRecord {
        try read { database in
            _ = try Self.modelID(model.description, database)
            let row = try Row.fetchOne(
                database,
                sql: Self.versionColumns + " WHERE model.name = ? AND version.version = ?",
                arguments: [model.description, version])
            guard let row else {
                throw RegistryError.unknownVersion(model.description, version)
            }
            return Self.version(row)
        }
    }

    /// A version's bytes, proved by their digest.
    package func artifact(
        _ version: Int, of model: ModelName
    ) throws(RegistryError) -> [UInt8] {
        let (bytes, digest) = try read { database -> ([UInt8], String) in
            _ = try Self.modelID(model.description, database)
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT artifact.bytes, artifact.digest FROM version
                    JOIN model ON model.id = version.model_id
                    JOIN artifact ON artifact.digest = version.digest
                    WHERE model.name = ? AND version.version = ?
                    """, arguments: [model.description, version])
            guard let row else {
                throw RegistryError.unknownVersion(model.description, version)
            }
            return (Self.bytes(row, "bytes"), row["digest"])
        }
        guard Digest(of: bytes).description == digest else {
            throw .digestMismatch(model: model.description, version: version)
        }
        return bytes
    }

    private static func version(_ row: Row) -> VersionRecord {
        VersionRecord(
            model: row["model"], version: row["version"], digest: Digest(stored: row["digest"]),
            byteCount: row["byte_count"], createdAt: Timestamp(milliseconds: row["created_at"]),
            createdBy: row["created_by"], lineage: row["lineage"])
    }
}
