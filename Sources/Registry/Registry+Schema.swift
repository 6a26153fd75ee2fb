// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Registry {
    /// "Marl" in the header of the file, by which `file` and other programs tell what it is.
    static let applicationID = 0x4D61_726C

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: tables)
            try database.execute(sql: immutability.map(\.sql).joined(separator: "\n"))
        }
        migrator.registerMigration("2") { try $0.execute(sql: rolloutTables) }
        return migrator
    }()

    private static let tables = """
        CREATE TABLE model (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE artifact (
            digest TEXT PRIMARY KEY,
            bytes BLOB NOT NULL
        ) STRICT;
        CREATE TABLE version (
            model_id INTEGER NOT NULL REFERENCES model (id),
            version INTEGER NOT NULL CHECK (version >= 1),
            digest TEXT NOT NULL REFERENCES artifact (digest),
            lineage TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            PRIMARY KEY (model_id, version),
            UNIQUE (model_id, digest)
        ) STRICT;
        CREATE TABLE alias (
            model_id INTEGER NOT NULL,
            name TEXT NOT NULL,
            version INTEGER NOT NULL,
            moved_at INTEGER NOT NULL,
            moved_by TEXT NOT NULL,
            PRIMARY KEY (model_id, name),
            FOREIGN KEY (model_id, version) REFERENCES version (model_id, version)
        ) STRICT;
        CREATE TABLE alias_history (
            sequence INTEGER PRIMARY KEY,
            model_id INTEGER NOT NULL REFERENCES model (id),
            name TEXT NOT NULL,
            before INTEGER,
            after INTEGER NOT NULL,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL
        ) STRICT;
        CREATE TABLE audit (
            sequence INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            object TEXT NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL,
            previous_hash TEXT NOT NULL,
            hash TEXT NOT NULL
        ) STRICT;
        """

    struct Trigger {
        let name: String
        let sql: String
    }

    /// What is published or recorded is never changed nor deleted.
    static let immutability: [Trigger] = ["model", "artifact", "version", "alias_history", "audit"]
        .flatMap { table in
            ["UPDATE", "DELETE"].map { verb in
                let name = "\(table)_no_\(verb.lowercased())"
                return Trigger(
                    name: name,
                    sql: """
                        CREATE TRIGGER \(name) BEFORE \(verb) ON \(table)
                        BEGIN SELECT RAISE(ABORT, '\(table) is immutable'); END;
                        """)
            }
        }
}
