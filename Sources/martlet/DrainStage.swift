// SPDX-License-Identifier: Apache-2.0

/// How far the server is on its way to its end; each signal takes it one step further.
package enum DrainStage: Equatable, Sendable {
    case serving
    /// Not ready any more, but still serving whoever has not heard of it.
    case delaying
    /// Taking no connections, answering what is under way.
    case draining

    package enum Step: Equatable, Sendable {
        case beginDelay, beginDrain, finish
    }

    /// SIGTERM or SIGINT. A second one ends the delay, a third one all waiting.
    package mutating func signal() -> Step {
        switch self {
        case .serving:
            self = .delaying
            return .beginDelay
        case .delaying:
            self = .draining
            return .beginDrain
        case .draining: return .finish
        }
    }

    /// - Returns: what to do; nothing if a signal has ended the delay before.
    package mutating func delayHasPassed() -> Step? {
        guard self == .delaying else { return nil }
        self = .draining
        return .beginDrain
    }
}
