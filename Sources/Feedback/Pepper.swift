// SPDX-License-Identifier: Apache-2.0
import GRDB
import OpenSSL

/// A secret under which sticky keys are hashed. With it go the hashes under it, and those that the
/// rollouts' salts gave of the same keys: what is left can be linked to nobody any more.
struct Pepper {
    let id: Int
    private let secret: [UInt8]

    private init(row: Row) throws {
        id = try row.decode(forColumn: "id")
        secret = try Blob.bytes(row, "secret")
    }

    func code(of key: [UInt8]) -> [UInt8] { HMACSHA256.code(of: key, key: secret) }

    static func all(_ database: Database) throws -> [Pepper] {
        try Row.fetchAll(database, sql: "SELECT * FROM pepper").map(Pepper.init)
    }

    static func newest(_ database: Database, orMakeAt now: Int64) throws -> Pepper {
        if let row = try Row.fetchOne(
            database, sql: "SELECT * FROM pepper ORDER BY id DESC LIMIT 1")
        {
            return try Pepper(row: row)
        }
        try make(database, at: now)
        return try newest(database, orMakeAt: now)
    }

    static func make(_ database: Database, at now: Int64) throws {
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        try database.execute(
            sql: """
                INSERT INTO pepper SELECT coalesce(max(id), 0) + 1, ?, ? FROM pepper
                """, arguments: [Blob.value(secret), now])
    }

    /// Whether the newest one was made before `moment`.
    static func isDue(_ database: Database, before moment: Int64) throws -> Bool {
        try Int64.fetchOne(database, sql: "SELECT max(made_at) FROM pepper").map { $0 <= moment }
            ?? true
    }

    /// Deletes those that another had taken the place of before `moment`, and all hashes of keys
    /// that were made while they were the newest: by then there is a row of that time only where
    /// the clock has been set.
    static func delete(_ database: Database, replacedBefore moment: Int64) throws {
        try database.execute(
            sql: """
                DELETE FROM pepper WHERE EXISTS (
                    SELECT 1 FROM pepper AS next
                    WHERE next.id = pepper.id + 1 AND next.made_at < ?)
                """, arguments: [moment])
        guard database.changesCount > 0 else { return }
        try database.execute(
            sql: """
                UPDATE prediction SET key_code = NULL, key_hash = 0
                WHERE pepper_id NOT IN (SELECT id FROM pepper)
                """)
    }
}
