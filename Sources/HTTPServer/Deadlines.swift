// SPDX-License-Identifier: Apache-2.0

/// How long a connection may stay in each phase.
///
/// A plain value: the loop asks it once a second with the time it has; nothing here reads a clock.
package struct Deadlines: Equatable, Sendable {
    package enum Phase: Sendable {
        /// Nothing of a request has come.
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

    package var idleSeconds = 75
    package var headSeconds = 30
    package var bodySeconds = 60
    package var writeSeconds = 30
    package var lingerSeconds = 5

    package init() {}

    package func verdict(_ phase: Phase, sinceNanoseconds elapsed: UInt64) -> Verdict {
        let seconds = elapsed / 1_000_000_000
        switch phase {
        case .idle: return seconds >= UInt64(idleSeconds) ? .close : .wait
        case .head: return seconds >= UInt64(headSeconds) ? .refuse : .wait
        case .body: return seconds >= UInt64(bodySeconds) ? .refuse : .wait
        case .answering: return .wait
        case .writing: return seconds >= UInt64(writeSeconds) ? .close : .wait
        case .lingering: return seconds >= UInt64(lingerSeconds) ? .close : .wait
        }
    }
}
