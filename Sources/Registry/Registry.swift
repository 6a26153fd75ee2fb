// SPDX-License-Identifier: Apache-2.0
import GRDB
import Glibc

/// Versions of models, with their bytes, aliases and history, in one SQLite file.
///
/// One connection on one serial queue. Rollback journal, not WAL: a write happens a few times a
/// day, readers must manage with a read-only directory, and SQLite before 3.51.3 can corrupt a WAL
/// that is reset. The registry knows nothing of what is inside an artifact.
package final class Registry: Sendable {
    package enum Mode: Sendable {
        case readOnly
        case readWrite
        /// Makes the file when there is none.
        case create
    }

    package let path: String
    let queue: DatabaseQueue

    /// - Parameters:
    ///   - busySeconds: how long to wait for another process that holds the file.
    ///   - pageCountMax: how many pages of 4 KiB the file may grow to; `nil` for SQLite's limit.
    package init(
        path: String, mode: Mode, busySeconds: Double = 5, pageCountMax: Int? = nil
    ) throws(RegistryError) {
        self.path = path
        try Self.checkFile(path, mode)
        var configuration = Self.configuration(mode, busySeconds: busySeconds)
        if let pageCountMax {
            configuration.prepareDatabase { database in
                _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pageCountMax)")
            }
        }
        do {
            queue = try Self.retryingAfterRollback(path) {
                try DatabaseQueue(path: path, configuration: configuration)
            }
            try queue.read { try Self.refuseForeign($0, path: path) }
            if mode != .readOnly { try Self.migrate(queue) }
            let (isRegistry, isTooNew) = try queue.read { database in
                (
                    // A reader takes an older file as it is: the mount may be read-only.
                    try mode == .readOnly
                        ? !Self.migrator.completedMigrations(database).isEmpty
                        : Self.migrator.hasCompletedMigrations(database),
                    try Self.migrator.hasBeenSuperseded(database)
                )
            }
            if isTooNew { throw RegistryError.tooNew(path: path) }
            if !isRegistry { throw RegistryError.cannotOpen(path: path, reason: "not a registry") }
        } catch {
            throw RegistryError(error, path: path)
        }
    }

    /// Changes when another connection commits; never by this one's own writes.
    package func dataVersion() throws(RegistryError) -> Int {
        try read { try Int.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(RegistryError) -> Value {
        do {
            return try Self.retryingAfterRollback(path) { try queue.read(body) }
        } catch {
            throw RegistryError(error, path: path)
        }
    }

    /// Runs `body` in one `BEGIN IMMEDIATE` transaction.
    func write<Value>(_ body: (Database) throws -> Value) throws(RegistryError) -> Value {
        do {
            return try queue.write(body)
        } catch {
            throw RegistryError(error, path: path)
        }
    }
}

extension Registry {
    private static func configuration(_ mode: Mode, busySeconds: Double) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = mode == .readOnly
        configuration.busyMode = .timeout(busySeconds)
        configuration.foreignKeysEnabled = true
        configuration.label = "martlet.registry"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
            guard mode != .readOnly else { return }
            _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
            try database.execute(sql: "PRAGMA synchronous = EXTRA")
        }
        return configuration
    }

    /// A writer that was killed leaves a journal behind, which a read-only connection may not roll
    /// back. Where the file can be written, a connection that may is opened for a moment.
    static func retryingAfterRollback<Value>(
        _ path: String, _ body: () throws -> Value
    ) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError
            where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK
        {
            let writer = try DatabaseQueue(
                path: path, configuration: configuration(.readWrite, busySeconds: 5))
            try writer.close()
            return try body()
        }
    }

    /// Says what SQLite would only call a file that it is unable to open.
    private static func checkFile(_ path: String, _ mode: Mode) throws(RegistryError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let code = errno
            if code == ENOENT {
                if mode == .create { return }
                throw .absent(path: path)
            }
            throw .cannotOpen(path: path, reason: String(cString: strerror(code)))
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw .cannotOpen(path: path, reason: "it is a directory")
        }
        guard access(path, R_OK) == 0 else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
    }

    /// Another program's database is not to be migrated. A registry that is being made may have
    /// the migrator's table and nothing else yet.
    private static func refuseForeign(_ database: Database, path: String) throws {
        let id = try Int.fetchOne(database, sql: "PRAGMA application_id")
        let tableCount = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM sqlite_schema
                WHERE name NOT IN ('grdb_migrations', 'sqlite_autoindex_grdb_migrations_1')
                """)
        guard id == applicationID || tableCount == 0 else {
            throw RegistryError.cannotOpen(path: path, reason: "not a registry")
        }
    }

    private static func migrate(_ queue: DatabaseQueue) throws {
        var attempt = 0
        while true {
            do {
                return try migrator.migrate(queue)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
                // Another process that makes the same file may be between the migrator's look and
                // its statement: tables are there that were not, or not yet there.
                attempt += 1
                guard attempt < 50 else { throw error }
                usleep(10_000)
            }
        }
    }
}
