// SPDX-License-Identifier: Apache-2.0

/// What a server knows of a request beside its bytes.
package struct HTTPRequestContext: Sendable {
    /// When its last byte was read, in nanoseconds of the monotonic clock.
    package var nanoseconds: UInt64
    package var client: ClientAddress
    /// What the client showed when its connection began, of an authority that is let in; `nil`
    /// without TLS or where none is asked for.
    package var clientCertificate: ClientCertificate?
    /// Whether its connection lies above the limit, in the reserve that is kept for probes and
    /// scrapes.
    package var isInReserve: Bool
    /// Whether the access log will have a line of it, whatever its status: then its response's
    /// `log` should say what the application knows.
    package var isLogged: Bool
    /// Asks for work of so many predicted nanoseconds, before anything is made ready for it: how
    /// many seconds later it might be let in, or `nil` if there is room now. What is turned away is
    /// counted; what is not may still be refused when it is handed over.
    package var retryAfterSeconds: @Sendable (Double) -> Int?

    package init(
        nanoseconds: UInt64, client: ClientAddress, isInReserve: Bool, isLogged: Bool = false,
        clientCertificate: ClientCertificate? = nil,
        retryAfterSeconds: @escaping @Sendable (Double) -> Int? = { _ in nil }
    ) {
        self.nanoseconds = nanoseconds
        self.client = client
        self.clientCertificate = clientCertificate
        self.isInReserve = isInReserve
        self.isLogged = isLogged
        self.retryAfterSeconds = retryAfterSeconds
    }
}
