// SPDX-License-Identifier: Apache-2.0
import HTTP1
import HTTPServer

extension Setting {
    /// Every setting there is, in the order of `--help` and of the documentation.
    package static let all =
        served + limits + deadlines + overload + encryption + access + rollouts + feedback + drift
        + events + tracing + operation

    private static let served = [
        Setting(
            "registry", .path(\.registry),
            "The registry that is served: one SQLite file, which a trainer writes."),
        Setting(
            "model", .models(\.models),
            "A model to serve, NAME or NAME@ALIAS; the first is the default of POST /predict. Without any: every model with the alias 'production'."
        ),
        Setting("listen", .address(\.http.address), "Address and port to listen on."),
        Setting(
            "loops", .count(\.http.loopCount, 0...1_024, of: "loops"),
            "Event loops, a thread each; 0 for one on each core."),
        Setting(
            "registry-poll-milliseconds",
            .count(\.registryPollMilliseconds, 10...3_600_000, of: "milliseconds"),
            "Time between two looks at whether the registry has changed."),
    ]

    private static let limits = [
        Setting(
            "request-line-bytes-max",
            .count(\.http.limits.requestLineBytesMax, 256...1_048_576, of: "bytes"),
            "The longest request line; above it 414."),
        Setting(
            "head-bytes-max", .count(\.http.limits.headBytesMax, 256...1_048_576, of: "bytes"),
            "The largest head of a request, request line and fields together; above it 431."),
        Setting(
            "header-fields-max", .count(\.http.limits.fieldCountMax, 1...10_000, of: "fields"),
            "Header fields of a request; above it 431."),
        Setting(
            "body-bytes-max", .count(\.http.limits.bodyBytesMax, 1...1_073_741_824, of: "bytes"),
            "The largest body of a request, after decoding; above it 413."),
        Setting(
            "pending-output-bytes-max",
            .count(\.http.pendingOutputBytesMax, 1_024...1_073_741_824, of: "bytes"),
            "Unsent bytes of a connection above which nothing more is read from it."),
        Setting(
            "connections-max",
            .count(\.http.connectionCountMax, 1...1_000_000, of: "connections"),
            "Connections that may be open at once."),
        Setting(
            "connections-reserve",
            .count(\.http.connectionReserveCount, 0...65_536, of: "connections"),
            "Connections above connections-max on which only probes and metrics are answered."),
        Setting(
            "compression-bytes-min",
            .count(\.compressionBytesMin, 0...1_073_741_824, of: "bytes"),
            "The smallest body of an answer that is compressed for clients that accept gzip; 0 for no compression."
        ),
    ]

    private static let deadlines = [
        Setting(
            "handshake-timeout-seconds",
            .count(\.http.deadlines.handshakeSeconds, 1...86_400, of: "seconds"),
            "Time for a TLS handshake, from the accept on."),
        Setting(
            "idle-timeout-seconds",
            .count(\.http.deadlines.idleSeconds, 1...86_400, of: "seconds"),
            "Time that a connection may stay open without a byte of a request."),
        Setting(
            "head-timeout-seconds",
            .count(\.http.deadlines.headSeconds, 1...86_400, of: "seconds"),
            "Time for the head of a request, from its first byte on; then 408."),
        Setting(
            "body-timeout-seconds",
            .count(\.http.deadlines.bodySeconds, 1...86_400, of: "seconds"),
            "Time for the body of a request; then 408."),
        Setting(
            "body-rate-min-bytes-per-second",
            .count(
                \.http.deadlines.bodyRateMinBytesPerSecond, 0...1_073_741_824,
                of: "bytes per second"),
            "The mean rate below which the body of a request is too slow, and 408; 0 for any rate."),
        Setting(
            "body-rate-grace-seconds",
            .count(\.http.deadlines.bodyRateGraceSeconds, 0...86_400, of: "seconds"),
            "Time before body-rate-min-bytes-per-second is asked for."),
        Setting(
            "write-timeout-seconds",
            .count(\.http.deadlines.writeSeconds, 1...86_400, of: "seconds"),
            "Time that a client may take none of the bytes of its answer."),
        Setting(
            "reserve-timeout-seconds",
            .count(\.http.deadlines.reserveSeconds, 1...86_400, of: "seconds"),
            "The most that any of these deadlines is for a connection above connections-max."),
        Setting(
            "linger-timeout-seconds",
            .count(\.http.deadlines.lingerSeconds, 1...3_600, of: "seconds"),
            "Time for which what a client still sends after its last answer is read and dropped."),
    ]

    private static let overload = [
        Setting(
            "queue-milliseconds-max",
            .count(\.http.queueMillisecondsMax, 1...600_000, of: "milliseconds"),
            "Predicted work in flight above which a prediction is refused, with 429 and Retry-After."
        ),
        Setting(
            "request-timeout-milliseconds-max",
            .count(\.requestTimeoutMillisecondsMax, 1...3_600_000, of: "milliseconds"),
            "Time that a request may wait for its turn; one that asks for more with X-Request-Timeout-Ms, or for nothing, has this. Later it is dropped, and 504."
        ),
        Setting(
            "rate-limit-per-second",
            .count(\.rateLimitPerSecond, 0...1_000_000, of: "requests per second"),
            "Requests a second that one client address may send for long; above it 429. 0 for any number."
        ),
        Setting(
            "rate-limit-burst",
            .count(\.rateLimitBurst, 1...1_000_000, of: "requests"),
            "Requests that a client may send at once before rate-limit-per-second holds it."),
    ]

    private static let rollouts = [
        Setting(
            "rollout-copies-per-second-max",
            .count(\.rolloutCopiesPerSecondMax, 0...1_000_000, of: "requests per second"),
            "Requests a second that both versions of a rollout compute to be compared, for all rollouts together."
        ),
        Setting(
            "rollout-memory-growth-mib-max",
            .count(\.rolloutMemoryGrowthMebibytesMax, 1...16_777_216, of: "mebibytes"),
            "Growth of resident memory since a candidate began to compute, above which it is rolled back."
        ),
    ]

    private static let encryption = [
        Setting(
            "tls-certificate", .paths(\.tlsCertificatePaths),
            "A PEM file with the server's certificate and those that lead to a root. With any, the server speaks TLS only; with many, it chooses by the name that the client asks for, or else the first."
        ),
        Setting(
            "tls-key", .paths(\.tlsKeyPaths),
            "The PEM file with the private key of the tls-certificate at the same place in its list."
        ),
        Setting(
            "tls-client-ca", .optionalPath(\.tlsClientAuthorityPath),
            "A PEM file of authorities, of which one must have signed the certificate that each client then has to show."
        ),
    ]

    private static let events = [
        Setting(
            "webhook-url", .optionalURL(\.webhookURL),
            "Where events go by POST: drift, rollouts' transitions, quality below its floor."),
        Setting(
            "webhook-format", .webhookFormat(\.webhookFormat),
            "How the webhook is told: the event itself, a message for Slack, or an alert for Alertmanager."
        ),
        Setting(
            "webhook-ca", .optionalPath(\.webhookAuthorityPath),
            "A PEM file of the authorities that the webhook's certificate may be of, instead of the system's."
        ),
        Setting(
            "webhook-secret-file", .optionalPath(\.webhookSecretPath),
            "A file with the key of the Martlet-Signature that then goes with each event."),
        Setting(
            "webhook-timeout-seconds", .count(\.webhookTimeoutSeconds, 1...600, of: "seconds"),
            "Time for one attempt to tell the webhook; there are five."),
        Setting(
            "webhook-queue-max", .count(\.webhookQueueCountMax, 1...100_000, of: "events"),
            "Events that may wait for the webhook; above it the oldest is dropped."),
        Setting(
            "on-drift-exec", .optionalPath(\.onDriftProgramPath),
            "A program that is run when a model drifts or its quality falls, with the event on its standard input."
        ),
        Setting(
            "on-drift-exec-timeout-seconds",
            .count(\.onDriftProgramTimeoutSeconds, 1...604_800, of: "seconds"),
            "Time after which that program is killed."),
        Setting(
            "retrain-cooldown-seconds",
            .count(\.retrainCooldownSeconds, 0...31_536_000, of: "seconds"),
            "Time from one start of that program for a model to the next for the same one."),
    ]

    private static let access = [
        Setting(
            "tokens-file", .optionalPath(\.tokensPath),
            "A file of who may do what: a line for each token or client certificate, with a role. Without it everybody may do everything, and the server starts only where none but this machine reaches administration."
        ),
        Setting(
            "admin-listen", .optionalAddress(\.adminAddress),
            "An address and port of their own for administration; then listen serves predictions, probes and metrics only."
        ),
        Setting(
            "insecure-admin", .toggle(\.allowsInsecureAdministration),
            "Whether everybody who reaches the server may administer it, without a tokens-file."),
        Setting(
            "forbid-self-promotion", .toggle(\.forbidsSelfPromotion),
            "Whether who has published a version is refused when they ask for its promotion."),
    ]

    private static let drift = [
        Setting(
            "drift-window-rows", .count(\.driftLimits.rowCount, 0...10_000_000, of: "rows"),
            "Rows of a version after which they are compared with those it was made from; 0 to watch no version for drift."
        ),
        Setting(
            "drift-window-seconds", .count(\.driftLimits.seconds, 10...604_800, of: "seconds"),
            "Time after which they are compared at the latest, if there are 200."),
    ]

    private static let operation = [
        Setting(
            "drain-delay-seconds", alias: "drain-delay",
            .count(\.drainDelaySeconds, 0...3_600, of: "seconds"),
            "Time to go on serving after SIGTERM, while /readyz says no."),
        Setting(
            "drain-deadline-seconds", alias: "drain-deadline",
            .count(\.drainDeadlineSeconds, 0...3_600, of: "seconds"),
            "Time that requests under way may take after that."),
        Setting(
            "log-level", .level(\.logLevel),
            "The least severe level that is logged, but for the access log."),
        Setting(
            "access-log-share", .share(\.http.accessLogShare),
            "The share of requests that the access log has a line of; those that are answered with 500 or above are all logged."
        ),
    ]
}
