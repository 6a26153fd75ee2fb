// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HTTP1
import HTTPServer
import JSON
import Logging
import Models
import Serving
import Synchronization
import Telemetry

/// The running server: metrics, log, loops, watcher and signals.
final class Server: Sendable {
    private let http: HTTPServer<ServingSet>
    private let watcher: RegistryWatcher
    private let drift: DriftMonitor?
    private let tls: TLSReloader?
    private let life: ServerLife
    private let logger: Logger
    private let sink: LogSink
    private let stage = Mutex(DrainStage.starting)
    private let drainDelaySeconds: Int
    private let drainDeadlineSeconds: Int
    /// Whether TLS is spoken, for the log: `off`, `on` or `mutual`.
    private let security: String

    init(_ settings: ServeSettings) throws(HTTPServerError) {
        var configuration = settings.http
        if configuration.loopCount == 0 {
            configuration.loopCount = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        }
        let metrics = MetricsRegistry(loopCount: configuration.loopCount)
        let sink = LogSink()
        let logger = Logger(label: "martlet") { _ in
            JSONLogHandler(sink: sink, level: settings.logLevel)
        }
        Self.raiseDescriptorLimit(for: configuration, logger)
        let life = ServerLife()
        Self.registerProcess(metrics, sink, life)
        tls = try settings.tls.map { files throws(HTTPServerError) in
            try Self.reloader(files, metrics, logger)
        }
        configuration.tls = tls?.identity
        let drift = DriftMonitor(settings.driftLimits, metrics: metrics, logger: logger) { _ in }
        self.drift = drift
        let context = Self.serviceContext(settings, metrics, life, drift)
        let release = DispatchQueue(label: "martlet.release", qos: .background)
        let http = try HTTPServer<ServingSet>(
            configuration: configuration,
            instruments: HTTPInstruments(registry: metrics, routes: Service.routeLabels),
            accessLog: sink
        ) { index in
            let service = Service(context: context, shard: index)
            return HTTPApplication(
                respond: { service.respond($0, $1, $2, &$3) },
                receive: { set in
                    // Freeing a large model takes a while: not on a loop.
                    let old = service.receive(set)
                    release.async { withExtendedLifetime(old) {} }
                })
        }
        life.watch(http)
        self.http = http
        watcher = RegistryWatcher(
            path: settings.registry, promises: settings.models,
            pollMilliseconds: settings.registryPollMilliseconds, metrics: metrics, logger: logger,
            drift: drift
        ) { http.publish($0) }
        self.life = life
        self.logger = logger
        self.sink = sink
        drainDelaySeconds = settings.drainDelaySeconds
        drainDeadlineSeconds = settings.drainDeadlineSeconds
        security = settings.tls.map { $0.clientAuthorityPath == nil ? "on" : "mutual" } ?? "off"
    }

    /// Serves until a signal ends it.
    ///
    /// - Parameter inherited: a listening socket to serve instead of the configured address.
    func run(inherited: Int32?) throws {
        let signals = SignalSources([SIGTERM, SIGINT, SIGHUP]) { number in
            if number == SIGHUP { self.tls?.reload() } else { self.stop(signal: number) }
        }
        watcher.start()
        drift?.start()
        tls?.start()
        // Whatever a signal asks for waits until this is done, or this is not begun.
        let address = try stage.withLock { stage in
            stage.start() ? try http.start(inherited: inherited) : nil
        }
        if let address {
            logger.info(
                "listening",
                metadata: [
                    "address": "\(address)", "martlet_version": "\(MartletVersion.current)",
                    "tls": "\(security)",
                ])
        }
        // Not dispatchMain, which would unblock the signals again.
        withExtendedLifetime(signals) { DispatchSemaphore(value: 0).wait() }
    }

    /// Not ready at once, still serving for the delay, then answers with `Connection: close` until
    /// all is done or the deadline has passed.
    private func stop(signal number: Int32) {
        let step = stage.withLock { $0.signal() }
        logger.info("signal received", metadata: ["signal": "\(number)"])
        take(step)
    }

    private func take(_ step: DrainStage.Step) {
        switch step {
        case .beginDelay:
            life.isDraining.store(true, ordering: .relaxed)
            logger.info("draining", metadata: ["delay_seconds": "\(drainDelaySeconds)"])
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(drainDelaySeconds)) {
                [self] in
                if let step = stage.withLock({ $0.delayHasPassed() }) { take(step) }
            }
        case .beginDrain:
            logger.info(
                "draining: no more connections",
                metadata: ["deadline_seconds": "\(drainDeadlineSeconds)"])
            http.drain(deadlineSeconds: drainDeadlineSeconds) { self.finish(isClean: $0) }
        case .finish(let isClean): finish(isClean: isClean)
        }
    }

    private func finish(isClean: Bool) -> Never {
        // Requests were cut off: somebody may want to give the next drain more time.
        logger.log(
            level: isClean ? .info : .warning, "stopped", metadata: ["clean": "\(isClean)"])
        sink.flush()
        exit(0)
    }

    private static func raiseDescriptorLimit(
        for configuration: HTTPServerConfiguration, _ logger: Logger
    ) {
        let needed = DescriptorLimit.needed(
            connectionCount: configuration.connectionCountMax
                + configuration.connectionReserveCount)
        guard let limit = DescriptorLimit.raise(), limit < needed else { return }
        logger.warning(
            "fewer descriptors than connections-max and connections-reserve need",
            metadata: ["limit": "\(limit)", "needed": "\(needed)"])
    }

    private static func serviceContext(
        _ settings: ServeSettings, _ metrics: MetricsRegistry, _ life: ServerLife,
        _ drift: DriftMonitor?
    ) -> ServiceContext {
        var context = ServiceContext(
            metrics: metrics, versionDocument: versionDocument,
            isDraining: { life.isDraining.load(ordering: .relaxed) }, isAlive: { life.isAlive() })
        if settings.rateLimitPerSecond > 0 {
            context.rateLimiter = RateLimiter(
                ratePerSecond: Double(settings.rateLimitPerSecond),
                burst: Double(settings.rateLimitBurst))
        }
        context.requestTimeoutMillisecondsMax = settings.requestTimeoutMillisecondsMax
        context.drift = drift
        context.compressionBytesMin = settings.compressionBytesMin
        context.bodyBytesMax = settings.http.limits.bodyBytesMax
        return context
    }

    private static func registerProcess(
        _ metrics: MetricsRegistry, _ sink: LogSink, _ life: ServerLife
    ) {
        ProcessMetrics.register(in: metrics)
        metrics.gauge(
            "build_info", "What runs.", ["version": MartletVersion.current, "language": "swift"]
        ).set(1)
        metrics.computedCounter("log_lines_dropped_total", "Log lines that found no room.") {
            Double(sink.droppedLineCount)
        }
        metrics.computedGauge("draining", "Whether the server is stopping.") {
            life.isDraining.load(ordering: .relaxed) ? 1 : 0
        }
    }

    private static var versionDocument: [UInt8] {
        let document: JSONValue = [
            "name": "martlet", "version": .string(MartletVersion.current),
            "artifact_format": .string(Model.artifactFormat),
        ]
        var bytes: [UInt8] = []
        document.append(to: &bytes)
        return bytes + [0x0A]
    }
}

/// What probes ask about the server, before and after it exists.
final class ServerLife: Sendable {
    let isDraining = Atomic<Bool>(false)
    private let server = Mutex<HTTPServer<ServingSet>?>(nil)

    func watch(_ server: HTTPServer<ServingSet>) {
        self.server.withLock { $0 = server }
    }

    /// A loop turns at least once a second; five missed turns are a stuck loop.
    func isAlive() -> Bool {
        server.withLock { $0?.turnsWithin(milliseconds: 5000) ?? false }
    }
}
