// SPDX-License-Identifier: Apache-2.0
import GRDB
import Glibc

extension Registry {
    /// Writes a copy that stands for one moment, while others read and publish, and proves it:
    /// schema, digests, audit chain, everything that `verify` looks at.
    ///
    /// SQLite's online backup. A commit waits for a step at most; the copy begins again then, and
    /// where that happens too often is finished in one step, for which commits wait. It is written
    /// beside its place, synced, proved, and given its name at the end; so whatever has the name is
    /// whole. Nothing that is there is replaced. Restoring is the same the other way round.
    ///
    /// - Parameter pagesPerStep: how many pages of 4 KiB are copied at a time.
    /// - Throws: `corrupt` where the registry itself is damaged; no copy is left then.
    package func backup(
        to output: String, pagesPerStep: Int32 = 4096
    ) throws(RegistryError) -> RegistryBackup {
        try Self.refuseOccupied(output)
        let part = try Self.makePart(of: output, like: path)
        defer { unlink(part) }
        do {
            try Self.retryingAfterRollback(path) { try copy(to: part, pagesPerStep) }
        } catch let error as DatabaseError
            where [.SQLITE_FULL, .SQLITE_IOERR].contains(error.resultCode)
        {
            throw .backupFailed(
                path: output, reason: error.message ?? error.resultCode.description)
        } catch {
            throw RegistryError(error, path: path)
        }
        try Self.sync(part, for: output)
        let backup = try Self.proved(part)
        // A link, as a rename would replace what another has put there meanwhile.
        guard link(part, output) == 0 else { throw Self.backupFailure(output) }
        try Self.sync(Self.folder(of: output), for: output)
        return backup
    }

    /// Without a journal: a copy that is cut off is thrown away.
    private func copy(to part: String, _ pagesPerStep: Int32) throws {
        var configuration = Configuration()
        configuration.label = "martlet.registry.backup"
        configuration.prepareDatabase { database in
            _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = OFF")
            try database.execute(sql: "PRAGMA synchronous = OFF")
        }
        let destination = try DatabaseQueue(path: part, configuration: configuration)
        let progress = BackupProgress()
        do {
            try queue.backup(
                to: destination, pagesPerStep: pagesPerStep,
                progress: { try progress.advance(remainingPageCount: $0.remainingPageCount) })
        } catch is BackupProgress.Hopeless {
            try queue.backup(to: destination)
        }
        try destination.close()
    }

    private static func proved(_ part: String) throws(RegistryError) -> RegistryBackup {
        let copy = try Registry(path: part, mode: .readOnly)
        let findings = try copy.verify()
        guard findings.isEmpty else {
            throw .corrupt(reason: findings.joined(separator: "; "))
        }
        return try copy.read { database in
            let last = try Row.fetchOne(
                database, sql: "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
            return RegistryBackup(
                byteCount: try (Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0)
                    * (Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0),
                versionCount: try Int.fetchOne(database, sql: "SELECT count(*) FROM version") ?? 0,
                auditRowCount: try last?.decode(forColumn: "sequence") ?? 0,
                auditHash: try last?.decode(forColumn: "hash") ?? "")
        }
    }
}

/// Counts how often a copy began anew, which it does when another process has committed.
private final class BackupProgress {
    struct Hopeless: Error {}

    private var remainingPageCount = Int.max
    private var restartCount = 0

    func advance(remainingPageCount: Int) throws(Hopeless) {
        if remainingPageCount >= self.remainingPageCount { restartCount += 1 }
        self.remainingPageCount = remainingPageCount
        if restartCount == 3 { throw Hopeless() }
    }
}

extension Registry {
    /// A journal beside the name would be taken for the copy's own, and rolled back into it, by
    /// whoever opens it first.
    private static func refuseOccupied(_ output: String) throws(RegistryError) {
        for name in [output, output + "-journal", output + "-wal"] {
            var status = stat()
            guard lstat(name, &status) != 0 else {
                throw .backupFailed(path: output, reason: "\(name) exists")
            }
        }
    }

    /// An empty file beside `output`, which those may read who may read the registry.
    private static func makePart(
        of output: String, like source: String
    ) throws(RegistryError) -> String {
        var template = Array("\(output).part-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw backupFailure(output) }
        defer { close(descriptor) }
        var status = stat()
        if stat(source, &status) == 0 { fchmod(descriptor, status.st_mode & 0o777) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func sync(_ path: String, for output: String) throws(RegistryError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw backupFailure(output) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw backupFailure(output) }
    }

    private static func backupFailure(_ output: String) -> RegistryError {
        .backupFailed(path: output, reason: String(cString: strerror(errno)))
    }
}
