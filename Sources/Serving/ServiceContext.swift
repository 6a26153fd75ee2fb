// SPDX-License-Identifier: Apache-2.0
import HTTP1
package import Telemetry

/// What the services of all loops share.
package struct ServiceContext: Sendable {
    package let metrics: MetricsRegistry
    /// `{"version": …}` of this program, as JSON text.
    package let versionDocument: [UInt8]
    package let isDraining: @Sendable () -> Bool
    /// Whether every loop turns.
    package let isAlive: @Sendable () -> Bool
    /// How many requests a client may make; `nil` for any number.
    package var rateLimiter: RateLimiter?
    /// The longest that work may wait to be begun, whatever its client allows.
    package var requestTimeoutMillisecondsMax: Int?
    /// Answers from this size on are compressed for clients that take it; 0 for none.
    package var compressionBytesMin = 1024
    /// What a compressed body may decode to.
    package var bodyBytesMax = HTTPLimits().bodyBytesMax
    /// What runs the rollouts; `nil` where there are none.
    package var rollouts: RolloutEngine?
    /// What watches for drift; `nil` where nothing does.
    package var drift: DriftMonitor?
    /// What brings predictions and labels together; `nil` where nothing is kept.
    package var feedback: FeedbackIntake?
    /// Which routes are to be found.
    package var surface = ServiceSurface.everything
    package var access = AccessRules.open
    /// Takes note of who is refused.
    package var audit: AccessAudit?
    /// Whether who has published a version may not be who promotes it.
    package var forbidsSelfPromotion = false
    /// How requests are traced; `nil` where none are.
    package var tracing: TraceRules?
    let predictBuffers = PredictBufferPool()

    package init(
        metrics: MetricsRegistry, versionDocument: [UInt8],
        isDraining: @escaping @Sendable () -> Bool, isAlive: @escaping @Sendable () -> Bool
    ) {
        self.metrics = metrics
        self.versionDocument = versionDocument
        self.isDraining = isDraining
        self.isAlive = isAlive
    }
}
