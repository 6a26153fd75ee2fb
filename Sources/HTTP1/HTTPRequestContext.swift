// SPDX-License-Identifier: Apache-2.0

/// What a server knows of a request beside its bytes.
package struct HTTPRequestContext: Sendable {
    /// When its last byte was read, in nanoseconds of the monotonic clock.
    package var nanoseconds: UInt64
    package var client: ClientAddress
    /// Whether its connection lies above the limit, in the reserve that is kept for probes and
    /// scrapes.
    package var isInReserve: Bool
    /// Whether the access log will have a line of it, whatever its status: then its response's
    /// `log` should say what the application knows.
    package var isLogged: Bool

    package init(
        nanoseconds: UInt64, client: ClientAddress, isInReserve: Bool, isLogged: Bool = false
    ) {
        self.nanoseconds = nanoseconds
        self.client = client
        self.isInReserve = isInReserve
        self.isLogged = isLogged
    }
}
