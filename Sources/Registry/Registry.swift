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

    package init(path: String, mode: Mode) throws(RegistryError) {
        self.path = path
        if mode != .create, access(path, F_OK) != 0 { throw .absent(path: path) }
        var configuration = Configuration()
        configuration.readonly = mode == .readOnly
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.label = "martlet.registry"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
            guard mode != .readOnly else { return }
            _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
            try database.execute(sql: "PRAGMA synchronous = EXTRA")
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            let migrator = Self.migrator
            if mode != .readOnly { try migrator.migrate(queue) }
            let (isCurrent, isTooNew) = try queue.read { database in
                (
                    try migrator.hasCompletedMigrations(database),
                    try migrator.hasBeenSuperseded(database)
                )
            }
            if isTooNew { throw RegistryError.tooNew(path: path) }
            if !isCurrent { throw RegistryError.cannotOpen(path: path, reason: "not a registry") }
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
            return try queue.read(body)
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
