// SPDX-License-Identifier: Apache-2.0
import GRDB

extension FeedbackStore {
    /// "Marf" in the header of the file, by which `file` and other programs tell what it is.
    static let applicationID = 0x4D61_7266

    private static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: tables)
        }
        return migrator
    }()

    /// Sequences of predictions grow with time, so that the oldest are at one end. Ids are random:
    /// one index over all of them would be written all over by each batch, four times slower at a
    /// million rows. So it is by stretches of 65,536 rows, and whoever looks for an id looks in
    /// each, the newest first. No index finds a key, as erasing is rare and may look at every row.
    private static let tables = """
        CREATE TABLE pepper (
            id INTEGER PRIMARY KEY,
            secret BLOB NOT NULL CHECK (length(secret) = 32),
            made_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE prediction (
            sequence INTEGER PRIMARY KEY,
            id BLOB NOT NULL CHECK (length(id) = 16),
            at INTEGER NOT NULL,
            model TEXT NOT NULL,
            version INTEGER NOT NULL,
            arm TEXT NOT NULL,
            pepper_id INTEGER NOT NULL,
            key_code BLOB,
            key_hash INTEGER NOT NULL,
            is_sticky INTEGER NOT NULL,
            rollout INTEGER,
            output BLOB NOT NULL,
            other BLOB,
            other_version INTEGER,
            features TEXT,
            share REAL
        ) STRICT;
        CREATE UNIQUE INDEX prediction_id ON prediction (sequence >> 16, id);
        CREATE INDEX prediction_at ON prediction (at);
        CREATE TABLE label (
            id BLOB PRIMARY KEY CHECK (length(id) = 16),
            text TEXT,
            number REAL,
            value REAL,
            observed_at INTEGER,
            slice TEXT,
            received_at INTEGER NOT NULL,
            is_waiting INTEGER NOT NULL CHECK (is_waiting IN (0, 1)),
            CHECK ((text IS NULL) <> (number IS NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX label_waiting ON label (received_at) WHERE is_waiting = 1;
        CREATE TRIGGER label_goes_along AFTER DELETE ON prediction
        BEGIN DELETE FROM label WHERE id = OLD.id; END;
        CREATE TABLE evidence (
            server TEXT NOT NULL,
            rollout INTEGER NOT NULL,
            arm INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (server, rollout, arm)
        ) STRICT;
        CREATE TABLE life (server TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE active_rollout (
            server TEXT NOT NULL,
            rollout INTEGER NOT NULL,
            crashes INTEGER NOT NULL,
            PRIMARY KEY (server, rollout)
        ) STRICT, WITHOUT ROWID;
        """

    /// The newest prediction of an id.
    static let lookup = """
        WITH RECURSIVE stretch (number) AS (
            SELECT max(sequence) >> 16 FROM prediction
            UNION ALL SELECT number - 1 FROM stretch
            WHERE number > (SELECT min(sequence) >> 16 FROM prediction))
        SELECT prediction.* FROM stretch CROSS JOIN prediction
        ON prediction.sequence >> 16 = stretch.number AND prediction.id = ? LIMIT 1
        """

    /// Another program's database is not to be written into.
    static func refuseForeign(_ database: Database, path: String) throws {
        let id = try Int.fetchOne(database, sql: "PRAGMA application_id")
        let tableCount = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM sqlite_schema
                WHERE name NOT IN ('grdb_migrations', 'sqlite_autoindex_grdb_migrations_1')
                """)
        guard id == applicationID || tableCount == 0 else {
            throw FeedbackError.cannotOpen(path: path, reason: "not a feedback store")
        }
        guard try !migrator.hasBeenSuperseded(database) else {
            throw FeedbackError.tooNew(path: path)
        }
    }

    static func migrate(_ queue: DatabaseQueue) throws {
        var count = try queue.read(migrator.completedMigrations).count
        while true {
            do {
                return try migrator.migrate(queue)
            } catch {
                // Another process may have made the tables after the migrator had looked for them.
                let countNow = try queue.read(migrator.completedMigrations).count
                guard countNow > count else { throw error }
                count = countNow
            }
        }
    }
}
