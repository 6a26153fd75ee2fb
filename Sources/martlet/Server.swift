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
    /// The one of predictions, then the one of administration if it has an address of its own.
    private let servers: [HTTPServer<ServingSet>]
    private let access: AccessControl?
    private let watcher: RegistryWatcher
    private let rollouts: RolloutEngine
    /// Brings predictions and labels together; `nil` where nothing is kept.
    private let feedback: FeedbackIntake?
    private let drift: DriftMonitor?
    private let tls: TLSReloader?
    /// Who has something to tell about a model tells it here.
    let events: EventSink
    /// Where spans go; `nil` where nothing is traced.
    private let traces: TraceExporter?
    private let life: ServerLife
    private let logger: Logger
    private let sink: LogSink
    private let stage = Mutex(DrainStage.starting)
    private let isDrainClean = Atomic<Bool>(true)
    private let drainDelaySeconds: Int
    private let drainDeadlineSeconds: Int
    /// Whether TLS is spoken, for the log: `off`, `on` or `mutual`.
    private let security: String

    /// - Parameter address: where predictions are served, which may be an inherited socket's.
    /// - Throws: `HTTPServerError`, or `CommandFailure` for what events and the store need.
    init(_ settings: ServeSettings, at address: SocketAddress) throws {
        var configuration = settings.http
        if configuration.loopCount == 0 {
            configuration.loopCount = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        }
        let adminCount = settings.adminAddress == nil ? 0 : 1
        let metrics = MetricsRegistry(loopCount: configuration.loopCount + adminCount)
        let sink = LogSink()
        let logger = Logger(label: "martlet") { _ in
            JSONLogHandler(sink: sink, level: settings.logLevel)
        }
        let life = ServerLife()
        Self.registerProcess(metrics, sink, life)
        tls = try settings.tls.map { files throws(HTTPServerError) in
            try Self.reloader(files, metrics, logger)
        }
        let traces = try Self.traceExporter(settings, metrics, logger)
        self.traces = traces
        events = try Self.eventSink(settings, metrics, logger, traces?.buffer)
        configuration.tls = tls?.identity
        let keeping = try Keeping(settings)
        let rollouts = RolloutEngine(
            registryPath: settings.registry,
            pollMilliseconds: settings.registryPollMilliseconds,
            copiesPerSecondMax: settings.rolloutCopiesPerSecondMax,
            residentGrowthMax: settings.rolloutMemoryGrowthMebibytesMax << 20,
            store: keeping?.store, log: keeping?.log, metrics: metrics, logger: logger,
            tell: { [events] in events.emit($0) }
        ) { life.publish($0) }
        let feedback = keeping.map {
            FeedbackIntake(
                store: $0.store, log: $0.log, engine: rollouts,
                qualityFloor: settings.qualityFloor, metrics: metrics, logger: logger)
        }
        self.feedback = feedback
        access = try settings.tokensPath.map { path throws(AccessTableError) in
            try AccessControl(path: path, metrics: metrics, logger: logger)
        }
        let drift = DriftMonitor(settings.driftLimits, metrics: metrics, logger: logger) {
            [events] in events.emit(ServiceEvent($0))
        }
        self.drift = drift
        var context = Self.serviceContext(settings, metrics, life, rollouts, feedback)
        context.drift = drift
        context.tracing = traces.map {
            TraceRules(settings, $0.buffer, loopCount: metrics.shardCount - 1)
        }
        context.audit = AccessAudit(metrics: metrics, logger: logger)
        let sites = settings.sites(configuration, context, at: address, access)
        Self.raiseDescriptorLimit(for: sites.map(\.configuration), logger)
        let servers = try Self.makeServers(sites, metrics, sink)
        life.watch(servers)
        self.servers = servers
        watcher = RegistryWatcher(
            path: settings.registry, promises: settings.models,
            pollMilliseconds: settings.registryPollMilliseconds, metrics: metrics, logger: logger,
            drift: drift, spans: traces?.buffer
        ) { rollouts.receive($0) }
        self.rollouts = rollouts
        Self.warn(settings, at: address, logger)
        self.life = life
        self.logger = logger
        self.sink = sink
        drainDelaySeconds = settings.drainDelaySeconds
        drainDeadlineSeconds = settings.drainDeadlineSeconds
        security = settings.tls.map { $0.clientAuthorityPath == nil ? "on" : "mutual" } ?? "off"
    }

    /// One server for each site, each loop with a service of its own.
    private static func makeServers(
        _ sites: [Site], _ metrics: MetricsRegistry, _ sink: LogSink
    ) throws(HTTPServerError) -> [HTTPServer<ServingSet>] {
        let release = DispatchQueue(label: "martlet.release", qos: .background)
        let instruments = HTTPInstruments(
            registry: metrics, routes: Service.routeLabels, expected: Service.expectedAnswers)
        return try sites.map { site throws(HTTPServerError) in
            try HTTPServer<ServingSet>(
                configuration: site.configuration, instruments: instruments, accessLog: sink
            ) { index in
                let service = Service(context: site.context, shard: index)
                return HTTPApplication(
                    respond: { service.respond($0, $1, $2, &$3) },
                    receive: { set in
                        // Freeing a large model takes a while: not on a loop.
                        let old = service.receive(set)
                        release.async { withExtendedLifetime(old) {} }
                    }, endTurn: { service.endTurn() })
            }
        }
    }

    /// Serves until a signal ends it.
    ///
    /// - Parameter inherited: a listening socket to serve instead of the configured address.
    func run(inherited: Int32?) throws {
        let signals = SignalSources([SIGTERM, SIGINT, SIGHUP]) { number in
            guard number == SIGHUP else { return self.stop(signal: number) }
            self.tls?.reload()
            self.access?.reload()
        }
        watcher.start()
        rollouts.start()
        feedback?.start()
        drift?.start()
        tls?.start()
        access?.start()
        traces?.start()
        // Whatever a signal asks for waits until this is done, or this is not begun.
        let addresses = try stage.withLock { stage in
            stage.start() ? try start(inherited: inherited) : []
        }
        for (address, role) in zip(addresses, ["predictions", "administration"]) {
            logger.info(
                "listening",
                metadata: [
                    "address": "\(address)", "martlet_version": "\(MartletVersion.current)",
                    "serves": "\(addresses.count > 1 ? role : "everything")",
                    "tls": "\(security)",
                ])
        }
        // Not dispatchMain, which would unblock the signals again.
        withExtendedLifetime(signals) { DispatchSemaphore(value: 0).wait() }
    }

    /// - Returns: the addresses that were bound, in the order of the servers.
    private func start(inherited: Int32?) throws(HTTPServerError) -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        for server in servers {
            // Only the first may find its socket open.
            addresses.append(try server.start(inherited: addresses.isEmpty ? inherited : nil))
        }
        return addresses
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
            drain()
        case .finish(let isClean): finish(isClean: isClean)
        }
    }

    private func drain() {
        let group = DispatchGroup()
        for server in servers {
            group.enter()
            server.drain(deadlineSeconds: drainDeadlineSeconds) { [self] isClean in
                if !isClean { isDrainClean.store(false, ordering: .relaxed) }
                group.leave()
            }
        }
        group.notify(queue: .global()) { [self] in
            finish(isClean: isDrainClean.load(ordering: .relaxed))
        }
    }

    private func finish(isClean: Bool) -> Never {
        // Requests were cut off: somebody may want to give the next drain more time.
        logger.log(
            level: isClean ? .info : .warning, "stopped", metadata: ["clean": "\(isClean)"])
        rollouts.finish()
        feedback?.finish()
        events.close(withinMilliseconds: 2000)
        traces?.close(withinMilliseconds: 2000)
        sink.flush()
        exit(0)
    }

    private static func raiseDescriptorLimit(
        for configurations: [HTTPServerConfiguration], _ logger: Logger
    ) {
        let needed = DescriptorLimit.needed(
            connectionCount: configurations.reduce(0) {
                $0 + $1.connectionCountMax + $1.connectionReserveCount
            })
        guard let limit = DescriptorLimit.raise(), limit < needed else { return }
        logger.warning(
            "fewer descriptors than connections-max and connections-reserve need",
            metadata: ["limit": "\(limit)", "needed": "\(needed)"])
    }

    private static func serviceContext(
        _ settings: ServeSettings, _ metrics: MetricsRegistry, _ life: ServerLife,
        _ rollouts: RolloutEngine, _ feedback: FeedbackIntake?
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
        context.compressionBytesMin = settings.compressionBytesMin
        context.rollouts = rollouts
        context.feedback = feedback
        context.bodyBytesMax = settings.http.limits.bodyBytesMax
        context.forbidsSelfPromotion = settings.forbidsSelfPromotion
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
        metrics.computedGauge("ready", "Whether the server should be sent traffic.") {
            life.isReady ? 1 : 0
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
