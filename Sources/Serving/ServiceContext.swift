// SPDX-License-Identifier: Apache-2.0
package import Logging
package import Telemetry

/// What the services of all loops share.
package struct ServiceContext: Sendable {
    package let metrics: MetricsRegistry
    package let logger: Logger
    /// `{"version": …}` of this program, as JSON text.
    package let versionDocument: [UInt8]
    package let isDraining: @Sendable () -> Bool
    /// Whether every loop turns.
    package let isAlive: @Sendable () -> Bool

    package init(
        metrics: MetricsRegistry, logger: Logger, versionDocument: [UInt8],
        isDraining: @escaping @Sendable () -> Bool, isAlive: @escaping @Sendable () -> Bool
    ) {
        self.metrics = metrics
        self.logger = logger
        self.versionDocument = versionDocument
        self.isDraining = isDraining
        self.isAlive = isAlive
    }
}
