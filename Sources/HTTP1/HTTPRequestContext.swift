// SPDX-License-Identifier: Apache-2.0

/// What a server knows of a request beside its bytes.
package struct HTTPRequestContext: Sendable {
    /// When its last byte was read, in nanoseconds of the monotonic clock.
    package var nanoseconds: UInt64
    package var client: ClientAddress
    /// Whether its connection lies above the limit, in the reserve that is kept for probes and
    /// scrapes.
    package var isInReserve: Bool

    package init(nanoseconds: UInt64, client: ClientAddress, isInReserve: Bool) {
        self.nanoseconds = nanoseconds
        self.client = client
        self.isInReserve = isInReserve
    }
}
