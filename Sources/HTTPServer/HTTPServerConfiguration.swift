// SPDX-License-Identifier: Apache-2.0
package import HTTP1

/// How the server listens and what it puts up with.
package struct HTTPServerConfiguration: Sendable {
    package var address: SocketAddress
    package var loopCount: Int
    package var limits = HTTPLimits()
    package var connectionCountMax = 10_000
    package var deadlines = Deadlines()
    /// Unsent bytes above which a connection is no longer read from.
    package var pendingOutputBytesMax = 1_048_576
    /// What a client may still send, to be dropped, after its last answer.
    package var lingerBytesMax = 16 * 1_048_576

    package init(address: SocketAddress, loopCount: Int) {
        self.address = address
        self.loopCount = loopCount
    }
}
