// SPDX-License-Identifier: Apache-2.0
import Glibc
import Logging
import OpenSSL
import Serving
import Telemetry

extension Server {
    /// Where this server's events go. Reads the webhook's secret.
    static func eventSink(
        _ settings: ServeSettings, _ metrics: MetricsRegistry, _ logger: Logger,
        _ spans: SpanBuffer?
    ) throws(CommandFailure) -> EventSink {
        EventSink(
            webhook: try webhook(settings), retraining: try retraining(settings, metrics, logger),
            queueCountMax: settings.webhookQueueCountMax, metrics: metrics, logger: logger,
            spans: spans)
    }

    private static func webhook(_ settings: ServeSettings) throws(CommandFailure) -> Webhook? {
        guard let url = settings.webhookURL else { return nil }
        var secret: [UInt8]?
        if let path = settings.webhookSecretPath {
            var bytes = try WholeFile.read(path)
            while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
            guard !bytes.isEmpty else { throw CommandFailure("\(path): the secret is empty") }
            secret = bytes
        }
        let exchange = HTTPExchange(
            url, trust: .init(authorityPath: settings.webhookAuthorityPath),
            timeoutMilliseconds: settings.webhookTimeoutSeconds * 1000)
        return Webhook(exchange, format: settings.webhookFormat, secret: secret)
    }

    private static func retraining(
        _ settings: ServeSettings, _ metrics: MetricsRegistry, _ logger: Logger
    ) throws(CommandFailure) -> Retraining? {
        guard let path = settings.onDriftProgramPath else { return nil }
        // Told now, and not on the day of the drift.
        var status = stat()
        guard stat(path, &status) == 0, access(path, X_OK) == 0 else {
            throw CommandFailure("on-drift-exec: \(path): \(String(cString: strerror(errno)))")
        }
        // A folder has such bits too, and to the superuser all may seem to be allowed.
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o111 != 0 else {
            throw CommandFailure("on-drift-exec: \(path): this is no program")
        }
        return Retraining(
            path: path, timeoutSeconds: settings.onDriftProgramTimeoutSeconds,
            cooldownSeconds: settings.retrainCooldownSeconds,
            environment: ProcessEnvironment.variables, metrics: metrics, logger: logger)
    }
}
