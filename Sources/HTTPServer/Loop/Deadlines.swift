// SPDX-License-Identifier: Apache-2.0

/// How long a connection may stay in each phase.
///
/// A plain value: the loop asks it once a second with the time it has; nothing here reads a clock.
package struct Deadlines: Equatable, Sendable {
    package enum Phase: String, CaseIterable, Sendable {
        /// The connection has been accepted and its TLS handshake is not done.
        case handshake
        /// Nothing has come yet.
        case opening
        /// Nothing of a further request has come.
        case idle
        /// A part of a head has come.
        case head
        /// The head has come, the body has not.
        case body
        /// The application works on the answer; it has no deadline here.
        case answering
        /// Bytes wait for the client to take them; counted from the last progress.
        case writing
        /// All is said; what the client still sends is read and dropped.
        case lingering
    }

    package enum Verdict: Sendable {
        case wait
        /// Close without a word: the client has asked for nothing.
        case close
        /// Answer 408, then close.
        case refuse
    }

    package var handshakeSeconds = 10
    package var idleSeconds = 75
    /// From the connection's start, or from a head's first byte, to its end.
    package var headSeconds = 30
    package var bodySeconds = 60
    /// What a body must bring on average, once `bodyRateGraceSeconds` have passed.
    package var bodyRateMinBytesPerSecond = 240
    package var bodyRateGraceSeconds = 5
    package var writeSeconds = 30
    package var lingerSeconds = 5
    /// What a connection of the reserve has at most to ask for something, as it is there for probes
    /// that come and go.
    package var reserveSeconds = 5

    package init() {}

    /// What holds for a connection of the reserve.
    package var ofReserve: Deadlines {
        var deadlines = self
        deadlines.handshakeSeconds = min(handshakeSeconds, reserveSeconds)
        deadlines.idleSeconds = min(idleSeconds, reserveSeconds)
        deadlines.headSeconds = min(headSeconds, reserveSeconds)
        deadlines.bodySeconds = min(bodySeconds, reserveSeconds)
        deadlines.writeSeconds = min(writeSeconds, reserveSeconds)
        return deadlines
    }

    /// - Parameter byteCount: how much has come in this phase.
    package func verdict(
        _ phase: Phase, sinceNanoseconds elapsed: UInt64, byteCount: Int = 0
    ) -> Verdict {
        let seconds = Int(truncatingIfNeeded: elapsed / 1_000_000_000)
        switch phase {
        case .handshake: return seconds >= handshakeSeconds ? .close : .wait
        case .opening: return seconds >= headSeconds ? .close : .wait
        case .idle: return seconds >= idleSeconds ? .close : .wait
        case .head: return seconds >= headSeconds ? .refuse : .wait
        case .body:
            let isSlow =
                seconds >= max(1, bodyRateGraceSeconds)
                && byteCount / seconds < bodyRateMinBytesPerSecond
            return isSlow || seconds >= bodySeconds ? .refuse : .wait
        case .answering: return .wait
        case .writing: return seconds >= writeSeconds ? .close : .wait
        case .lingering: return seconds >= lingerSeconds ? .close : .wait
        }
    }
}
