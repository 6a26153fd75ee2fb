// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Registry {
    private static let versionColumns = """
        SELECT model.name AS model, version.version, version.digest, version.lineage,
        version.created_at, version.created_by, length(artifact.bytes) AS byte_count
        FROM version JOIN model ON model.id = version.model_id
        JOIN artifact ON artifact.digest = version.digest
        """

    /// All versions and aliases, by model and number, and the rollouts that matter now.
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
                versions: try versions.map(Self.version),
                aliases: try aliases.map { row in
                    AliasRecord(
                        model: try row.decode(forColumn: "model"),
                        alias: try row.decode(forColumn: "name"),
                        version: try row.decode(forColumn: "version"),
                        movedAt: Timestamp(milliseconds: try row.decode(forColumn: "moved_at")),
                        movedBy: try row.decode(forColumn: "moved_by"))
                }, rollouts: try Self.recentRollouts(database))
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
            return try Self.version(row)
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
            return (try Self.bytes(row, "bytes"), try row.decode(forColumn: "digest"))
        }
        guard Digest(of: bytes).description == digest else {
            throw .digestMismatch(model: model.description, version: version)
        }
        return bytes
    }

    /// Decoding throws: a damaged row is an error, where GRDB's subscripts would trap.
    private static func version(_ row: Row) throws -> VersionRecord {
        VersionRecord(
            model: try row.decode(forColumn: "model"),
            version: try row.decode(forColumn: "version"),
            digest: Digest(stored: try row.decode(forColumn: "digest")),
            byteCount: try row.decode(forColumn: "byte_count"),
            createdAt: Timestamp(milliseconds: try row.decode(forColumn: "created_at")),
            createdBy: try row.decode(forColumn: "created_by"),
            lineage: try row.decode(forColumn: "lineage"))
    }
}
