// SPDX-License-Identifier: Apache-2.0
import GRDB
import Glibc

/// Predictions that wait for their labels, and what else a server needs to survive its restart,
/// in one SQLite file that may be thrown away.
///
/// Never the registry: this is written every second and holds what people did. One connection on
/// one serial queue; the servers of one host may share the file. Rollback journal, not WAL
/// (SQLite before 3.51.3 can corrupt one that is reset); `synchronous=NORMAL`, as a power cut may
/// cost the last moment. Deleted bytes are overwritten.
package final class FeedbackStore: Sendable {
    package let path: String
    /// Whose evidence and lives these are, where several servers share the file.
    package let server: String
    let limits: Limits
    let now: @Sendable () -> Int64
    let queue: DatabaseQueue
    private let claim: NameClaim?

    /// - Parameters:
    ///   - claimsName: whether to refuse where another process that runs has the server's name.
    ///   - createsFile: whether to make a file where there is none, for its owner's eyes only.
    ///   - busySeconds: how long to wait for another process that holds the file.
    ///   - now: the wall clock, in milliseconds since 1970.
    package init(
        path: String, server: String = "", claimsName: Bool = false, limits: Limits = Limits(),
        createsFile: Bool = true, busySeconds: Double = 5,
        now: @escaping @Sendable () -> Int64 = FeedbackStore.wallClock
    ) throws(FeedbackError) {
        self.path = path
        self.server = server
        self.limits = limits
        self.now = now
        try Self.prepareFile(path, createsFile: createsFile)
        claim = claimsName ? try NameClaim(server, path: path) : nil
        do {
            queue = try DatabaseQueue(
                path: path, configuration: Self.configuration(limits, busySeconds: busySeconds))
            try queue.read { try Self.refuseForeign($0, path: path) }
            try Self.migrate(queue)
            try queue.write { _ = try Pepper.newest($0, orMakeAt: now()) }
        } catch {
            throw FeedbackError(error, path: path)
        }
    }

    package static let wallClock: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    package func counts() throws(FeedbackError) -> Counts {
        try read { database in
            func number(_ sql: String) throws -> Int {
                try Int.fetchOne(database, sql: sql) ?? 0
            }
            return Counts(
                rows: try number("SELECT count(*) FROM prediction"),
                labels: try number("SELECT count(*) FROM label WHERE is_waiting = 0"),
                waiting: try number("SELECT count(*) FROM label WHERE is_waiting = 1"),
                bytes: try number("PRAGMA page_count") * number("PRAGMA page_size"))
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(FeedbackError) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw FeedbackError(error, path: path)
        }
    }

    /// Runs `body` in one `BEGIN IMMEDIATE` transaction.
    func write<Value>(_ body: (Database) throws -> Value) throws(FeedbackError) -> Value {
        do {
            return try queue.write(body)
        } catch {
            throw FeedbackError(error, path: path)
        }
    }

    /// The moment before which what came in is older than `seconds`.
    static func cutoff(_ now: Int64, seconds: Int) -> Int64 {
        let (age, isTooLong) = Int64(seconds).multipliedReportingOverflow(by: 1000)
        let (moment, isTooEarly) = now.subtractingReportingOverflow(age)
        return isTooLong || isTooEarly ? .min : moment
    }
}

extension FeedbackStore {
    private static func configuration(_ limits: Limits, busySeconds: Double) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(busySeconds)
        configuration.label = "martlet.feedback"
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
                    PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384;
                    """)
            _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
            _ = try Int.fetchOne(database, sql: "PRAGMA secure_delete = ON")
            let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
            let pageCount = max(16, limits.fileBytesMax / max(512, pageSize))
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pageCount)")
        }
        return configuration
    }

    /// Makes an empty file that only its owner may read, or says why that cannot be. A file that
    /// is there is not opened: closing it would drop the locks of this process's connections.
    private static func prepareFile(_ path: String, createsFile: Bool) throws(FeedbackError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT != S_IFDIR else {
                throw .cannotOpen(path: path, reason: "it is a directory")
            }
            return
        }
        guard errno == ENOENT else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        guard createsFile else { throw .absent(path: path) }
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 || errno == EEXIST else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        if descriptor >= 0 { close(descriptor) }
    }
}
