// SPDX-License-Identifier: Apache-2.0
import HTTP1
import HTTPServer
import Logging
import Serving

/// What `martlet serve` runs with: each value within its bounds and fit for the others.
package struct ServeSettings: Sendable {
    var registry = ""
    var models: [Promise] = []
    var registryPollMilliseconds = 250
    /// Its `loopCount` is 0 for one on each core.
    var http = HTTPServerConfiguration(address: .loopback(port: 8080), loopCount: 0)
    /// Requests a second that one client may send for long; 0 for any number.
    var rateLimitPerSecond = 0
    /// Requests that a client may send at once before `rateLimitPerSecond` holds it.
    var rateLimitBurst = 50
    /// How long a request may wait for its turn, whatever its own timeout says.
    var requestTimeoutMillisecondsMax = 30_000
    /// Answers from this size on are compressed for clients that take it; 0 for none.
    var compressionBytesMin = 1_024
    var rolloutCopiesPerSecondMax = 1_000
    var rolloutMemoryGrowthMebibytesMax = 512
    var tlsCertificatePaths: [String] = []
    var tlsKeyPaths: [String] = []
    var tlsClientAuthorityPath: String?
    var webhookURL: HTTPURL?
    var webhookFormat = WebhookFormat.generic
    var webhookAuthorityPath: String?
    var webhookSecretPath: String?
    var webhookTimeoutSeconds = 10
    /// Events that may wait for the webhook.
    var webhookQueueCountMax = 1000
    /// What is run on drift; `nil` for nothing.
    var onDriftProgramPath: String?
    var onDriftProgramTimeoutSeconds = 3600
    /// From one run for a model to the next for the same.
    var retrainCooldownSeconds = 86_400
    var tokensPath: String?
    /// `nil` where administration is at the address of predictions.
    var adminAddress: SocketAddress?
    var allowsInsecureAdministration = false
    var forbidsSelfPromotion = false
    var driftLimits = DriftLimits()
    var drainDelaySeconds = 0
    var drainDeadlineSeconds = 25
    var feedbackStorePath: String?
    /// `nil` for the host's name and the address.
    var feedbackServerName: String?
    /// Predictions that are kept of a second.
    var feedbackRatePerSecondMax = 1_000
    var feedbackRowsMax = 1_000_000
    var feedbackRetentionDays = 30
    /// Names of the features that may be kept.
    var feedbackFeatures: [String] = []
    /// The accuracy below which a version is told of; 0 for none.
    var qualityFloor = 0.0
    /// The collector of spans; `nil` where nothing is traced.
    var otlpEndpoint: HTTPURL?
    var otlpAuthorityPath: String?
    var otlpHeadersPath: String?
    var otlpTimeoutSeconds = 10
    /// Of requests that come without a trace.
    var traceShare = 0.01
    var tracesPerSecondMax = 100
    var traceServiceName: String? = "martlet"
    /// Each `key=value`.
    var traceResourceAttributes: [String] = []
    var logLevel = Logger.Level.info

    /// What holds where nothing is given; it lacks a registry.
    package static let defaults = ServeSettings()

    private init() {}

    /// Puts the layers on the defaults.
    ///
    /// A value that a later layer replaces is judged all the same: a mistake should not wait for
    /// the day that its cover goes.
    ///
    /// - Parameter layers: from the weakest to the strongest.
    init(_ layers: [SettingLayer]) throws(SettingError) {
        for layer in layers {
            for setting in Setting.all {
                guard let value = layer.values[setting.name] else { continue }
                if let wrong = setting.assign(value.texts, in: &self) {
                    throw .invalid(setting.name, wrong, value.origin, allowed: setting.allowed)
                }
            }
        }
        guard !registry.isEmpty else { throw .missing("registry") }
        guard http.limits.headBytesMax >= http.limits.requestLineBytesMax else {
            throw .conflict(
                "head-bytes-max",
                "is \(http.limits.headBytesMax), which must not be less than "
                    + "request-line-bytes-max, \(http.limits.requestLineBytesMax)")
        }
        try checkTLS()
        try checkWebhook()
        try checkFeedback()
        try checkAccess()
        try checkTracing()
    }

    /// What the server shows to its clients; `nil` for plain HTTP.
    var tls: TLSFiles? {
        tlsCertificatePaths.isEmpty
            ? nil
            : TLSFiles(
                certificatePaths: tlsCertificatePaths, keyPaths: tlsKeyPaths,
                clientAuthorityPath: tlsClientAuthorityPath)
    }

    private func checkTLS() throws(SettingError) {
        guard tlsCertificatePaths.count == tlsKeyPaths.count else {
            throw .conflict(
                "tls-key",
                "is given \(tlsKeyPaths.count) times, tls-certificate "
                    + "\(tlsCertificatePaths.count) times; each certificate needs its key")
        }
        guard tlsClientAuthorityPath == nil || !tlsCertificatePaths.isEmpty else {
            throw .conflict("tls-client-ca", "needs tls-certificate and tls-key beside it")
        }
    }

    private func checkFeedback() throws(SettingError) {
        guard feedbackServerName == nil || feedbackStorePath != nil else {
            throw .conflict("feedback-server-name", "needs feedback-store beside it")
        }
        guard qualityFloor == 0 || feedbackStorePath != nil else {
            throw .conflict("quality-floor", "needs feedback-store beside it")
        }
    }

    private func checkWebhook() throws(SettingError) {
        for (name, path) in [
            ("webhook-ca", webhookAuthorityPath), ("webhook-secret-file", webhookSecretPath),
        ] where path != nil && webhookURL == nil {
            throw .conflict(name, "needs webhook-url beside it")
        }
        guard webhookAuthorityPath == nil || webhookURL?.isSecure == true else {
            throw .conflict("webhook-ca", "needs a webhook-url of https")
        }
    }
}
