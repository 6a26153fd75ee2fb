// SPDX-License-Identifier: Apache-2.0
package import OpenSSL
import Synchronization

/// The TLS context that new connections get; another may take its place at any time.
package final class TLSIdentity: Sendable {
    private let context: Mutex<TLSContext>

    package init(_ context: TLSContext) {
        self.context = Mutex(context)
    }

    package var current: TLSContext { context.withLock { $0 } }

    /// Connections that are open keep what they have.
    package func replace(with context: TLSContext) {
        self.context.withLock { $0 = context }
    }
}
