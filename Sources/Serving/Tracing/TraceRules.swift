// SPDX-License-Identifier: Apache-2.0

/// How requests are traced, and where their spans go.
package struct TraceRules: Sendable {
    package let buffer: SpanBuffer
    /// Of the requests that come without a trace, 0 to 1.
    package let share: Double
    /// The most that each loop traces.
    package let ratePerSecond: Double
    /// Whether requests come over TLS.
    package let isSecure: Bool

    package init(buffer: SpanBuffer, share: Double, ratePerSecond: Double, isSecure: Bool) {
        self.buffer = buffer
        self.share = share
        self.ratePerSecond = ratePerSecond
        self.isSecure = isSecure
    }
}
