// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// The health report of a moment ago, for probes that come in quick succession.
///
/// A report costs a live prediction for each promise, so it is made anew at most ten times a
/// second; at once when another set is served or draining begins.
struct RecentHealth {
    private static let nanosecondsMax: UInt64 = 100_000_000

    private var report: (madeAt: UInt64, isDraining: Bool, status: HTTPStatus, body: [UInt8])?

    /// The set has changed.
    mutating func invalidate() {
        report = nil
    }

    mutating func answer(
        _ set: ServingSet, isDraining: Bool, nanoseconds now: UInt64, _ response: inout HTTPResponse
    ) {
        if let report, report.isDraining == isDraining,
            now - min(now, report.madeAt) < Self.nanosecondsMax
        {
            response.status = report.status
            response.body.append(contentsOf: report.body)
            return
        }
        HealthReport(set: set, isDraining: isDraining).answer(&response)
        report = (now, isDraining, response.status, response.body)
    }
}
