// SPDX-License-Identifier: Apache-2.0
import Feedback
import HTTPServer
import Logging
import Serving
import Telemetry

extension Server {
    /// What is kept of predictions.
    struct Keeping {
        let store: FeedbackStore
        let log: PredictionLog

        /// `nil` where nothing is kept.
        init?(_ settings: ServeSettings) throws(CommandFailure) {
            guard let path = settings.feedbackStorePath else { return nil }
            var limits = FeedbackStore.Limits()
            limits.rowCountMax = settings.feedbackRowsMax
            limits.retentionSeconds = settings.feedbackRetentionDays * 86_400
            do throws(FeedbackError) {
                store = try FeedbackStore(
                    path: path, server: Self.serverName(settings), claimsName: true,
                    limits: limits)
            } catch {
                throw CommandFailure("feedback-store: \(error.description)")
            }
            log = PredictionLog(
                ratePerSecondMax: settings.feedbackRatePerSecondMax,
                features: Set(settings.feedbackFeatures))
        }

        /// Servers of one host differ by their address, and those of several by their host, before
        /// and after a restart. (Two containers that share a volume may have the same address.)
        private static func serverName(_ settings: ServeSettings) -> String {
            if let name = settings.feedbackServerName { return name }
            return "\(Server.hostName):\(settings.http.address)"
        }
    }
}
