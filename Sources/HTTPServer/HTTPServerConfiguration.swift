// SPDX-License-Identifier: Apache-2.0
package import HTTP1

/// How the server listens and what it puts up with.
package struct HTTPServerConfiguration: Sendable {
    package var address: SocketAddress
    package var loopCount: Int
    /// Where the indices of its loops begin: above those of a server that shares its metrics.
    package var firstLoopIndex = 0
    package var limits = HTTPLimits()
    /// What TLS shows; `nil` for plain HTTP.
    package var tls: TLSIdentity?
    package var connectionCountMax = 10_000
    /// Connections above the limit that are accepted for probes and scrapes.
    package var connectionReserveCount = 64
    /// Predicted work that may wait or run off the loops, in milliseconds for each worker.
    package var queueMillisecondsMax = 500
    package var deadlines = Deadlines()
    /// The share of requests that the access log has a line of, 0 to 1; those that are answered
    /// with a status of 500 or above are all logged.
    package var accessLogShare = 0.0
    /// Unsent bytes above which a connection is no longer read from.
    package var pendingOutputBytesMax = 1_048_576
    /// What a client may still send, to be dropped, after its last answer.
    package var lingerBytesMax = 16 * 1_048_576

    package init(address: SocketAddress, loopCount: Int) {
        self.address = address
        self.loopCount = loopCount
    }
}
