// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
package import Logging
import Registry
import Synchronization
package import Telemetry

/// Keeps the table of who may do what as its file has it: reads the file again when it changes, and
/// when asked. A file that cannot be used changes nothing.
///
/// The table is an immutable value that loops take over when its generation has changed: no request
/// waits for a lock or a file.
package final class AccessControl: Sendable {
    private struct State {
        var table: AccessTable
        var watch: ContentWatch
    }

    private let path: String
    private let logger: Logger
    private let state: Mutex<State>
    private let generation = Atomic<Int>(1)
    private let queue = DispatchQueue(label: "martlet.access", qos: .utility)
    private let succeeded: Counter.Cell
    private let failed: Counter.Cell

    /// Reads the file. Blocks.
    package init(
        path: String, metrics: MetricsRegistry, logger: Logger
    ) throws(AccessTableError) {
        let contents = Self.contents(path)
        state = Mutex(
            State(table: try Self.table(contents), watch: ContentWatch(judged: contents)))
        self.path = path
        self.logger = logger
        func reloads(_ result: String) -> Counter.Cell {
            metrics.counter(
                "access_tokens_reloads_total", "Times the tokens file was read again, by result.",
                ["result": result])[metrics.sharedShard]
        }
        succeeded = reloads("success")
        failed = reloads("failure")
        metrics.computedGauge(
            "access_next_expiry_timestamp_seconds",
            "When the next line of the tokens file expires that counts now."
        ) { [weak self] in self?.nextExpiry.map { Double($0.milliseconds) / 1000 } }
    }

    /// Looks at the file from now on, as long as this lives.
    package func start(pollMilliseconds: Int = 500) {
        queue.asyncAfter(deadline: .now() + .milliseconds(pollMilliseconds)) { [weak self] in
            guard let self else { return }
            poll()
            start(pollMilliseconds: pollMilliseconds)
        }
    }

    /// Reads the file now, changed or not.
    package func reload() {
        queue.async { [self] in
            let contents = Self.contents(path)
            state.withLock { $0.watch.force(contents) }
            take(contents)
        }
    }

    /// The table if it is another than that of the generation, which is brought up to date.
    func takeTable(since known: inout Int) -> AccessTable? {
        // Acquired before the table: what is read then is of this generation or a later one.
        let current = generation.load(ordering: .acquiring)
        guard current != known else { return nil }
        known = current
        return state.withLock { $0.table }
    }

    /// Whether a prediction takes a role.
    var guardsPredictions: Bool { state.withLock { $0.table.guardsPredictions } }

    /// Looks at the file once.
    func poll() {
        let contents = Self.contents(path)
        if state.withLock({ $0.watch.poll(contents) }) { take(contents) }
    }

    private func take(_ contents: ContentWatch.Contents) {
        do throws(AccessTableError) {
            let table = try Self.table(contents)
            state.withLock { $0.table = table }
            generation.wrappingAdd(1, ordering: .releasing)
            succeeded.add()
            logger.notice(
                "tokens file loaded",
                metadata: [
                    "audit": "true", "path": "\(path)", "entries": "\(table.entries.count)",
                    "predictions": "\(table.guardsPredictions ? "guarded" : "open")",
                ])
        } catch {
            failed.add()
            logger.error(
                "tokens file not loaded, the old one stays",
                metadata: ["audit": "true", "path": "\(path)", "reason": "\(error)"])
        }
    }

    private var nextExpiry: Timestamp? {
        let now = Timestamp.now
        return state.withLock { $0.table.entries.compactMap(\.expiry).filter { $0 > now }.min() }
    }

    private static func table(
        _ contents: ContentWatch.Contents
    ) throws(AccessTableError) -> AccessTable {
        switch contents {
        case .bytes(let bytes): return try AccessTable(parsing: bytes)
        case .unreadable(let code): throw .unreadable(reason: String(cString: strerror(code)))
        }
    }

    /// What the file holds, up to one byte more than it may.
    private static func contents(_ path: String) -> ContentWatch.Contents {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .unreadable(errno: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= AccessTable.byteCountMax {
            let count = read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .unreadable(errno: errno) }
            if count == 0 { break }
            bytes += block[..<count]
        }
        return .bytes(bytes)
    }
}
