// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import OpenSSL
package import Telemetry

/// Keeps what TLS shows as its files have it: reads them again when they change, every day, and
/// when asked. Connections that are open keep what they have; files that cannot be used change
/// nothing.
package actor TLSReloader {
    /// What became of files that had changed.
    package enum Event: Sendable {
        /// - Parameter expiryUnixSeconds: when the first of the certificates expires.
        case loaded(expiryUnixSeconds: Int)
        /// The old context stays.
        case failed(TLSError)
    }

    nonisolated let executor = QueueExecutor(label: "martlet.tls")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    package nonisolated let identity: TLSIdentity

    private let files: TLSFiles
    private let report: @Sendable (Event) -> Void
    private let succeeded: Counter.Cell
    private let failed: Counter.Cell
    private var schedule: TLSReloadSchedule<[FileStamp?]>
    private var timer: (any DispatchSourceTimer)?

    /// Reads the files. Blocks.
    ///
    /// - Parameter report: called for each reload, on a queue of this.
    /// - Throws: `.tls`.
    package init(
        _ files: TLSFiles, metrics: MetricsRegistry, report: @escaping @Sendable (Event) -> Void
    ) throws(HTTPServerError) {
        // What is written while the files are read counts as a change.
        schedule = TLSReloadSchedule(loaded: Self.stamps(files), atSeconds: Self.seconds())
        do throws(TLSError) {
            identity = TLSIdentity(try TLSContext(files))
        } catch {
            throw .tls(error)
        }
        self.files = files
        self.report = report
        func reloads(_ result: String) -> Counter.Cell {
            metrics.counter(
                "tls_certificate_reloads_total", "Times the TLS files were read again, by result.",
                ["result": result])[metrics.sharedShard]
        }
        succeeded = reloads("success")
        failed = reloads("failure")
        for (index, file) in files.identities.enumerated() {
            metrics.computedGauge(
                "tls_certificate_expiry_timestamp_seconds",
                "When the certificate that is shown expires.",
                ["certificate": file.certificatePath]
            ) { [identity] in Double(identity.current.expiryUnixSeconds[index]) }
        }
    }

    /// Looks at the files from now on, as long as this lives.
    package nonisolated func start(pollMilliseconds: Int = 1000) {
        executor.queue.async {
            self.assumeIsolated { $0.makeTimer(pollMilliseconds) }
        }
    }

    /// Reads the files now, changed or not.
    package nonisolated func reload() {
        executor.queue.async {
            self.assumeIsolated { reloader in
                reloader.schedule.force(Self.stamps(reloader.files))
                reloader.load()
            }
        }
    }

    private func makeTimer(_ pollMilliseconds: Int) {
        let timer = DispatchSource.makeTimerSource(queue: executor.queue)
        timer.schedule(
            deadline: .now() + .milliseconds(pollMilliseconds),
            repeating: .milliseconds(pollMilliseconds), leeway: .milliseconds(50))
        timer.setEventHandler { [weak self] in self?.assumeIsolated { $0.poll() } }
        timer.activate()
        self.timer = timer
    }

    private func poll() {
        if schedule.poll(Self.stamps(files), atSeconds: Self.seconds()) { load() }
    }

    private func load() {
        do throws(TLSError) {
            let context = try TLSContext(files)
            identity.replace(with: context)
            schedule.succeeded(atSeconds: Self.seconds())
            succeeded.add()
            report(.loaded(expiryUnixSeconds: context.expiryUnixSeconds.min() ?? 0))
        } catch {
            guard schedule.failed() else { return }
            failed.add()
            report(.failed(error))
        }
    }

    private static func stamps(_ files: TLSFiles) -> [FileStamp?] {
        files.paths.map { FileStamp(path: $0) }
    }

    private static func seconds() -> UInt64 {
        MonotonicClock.nanoseconds() / 1_000_000_000
    }
}
