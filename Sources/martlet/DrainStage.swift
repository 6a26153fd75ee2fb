// SPDX-License-Identifier: Apache-2.0

/// How far the server is on its way to its end; each signal takes it one step further.
package enum DrainStage: Equatable, Sendable {
    /// Not listening yet.
    case starting
    case serving
    /// Not ready any more, but still serving whoever has not heard of it.
    case delaying
    /// Taking no connections, answering what is under way.
    case draining
    /// A signal came before the server listened, and nothing is there to be drained.
    case ended

    package enum Step: Equatable, Sendable {
        case beginDelay, beginDrain
        /// Not clean: whatever is under way is cut off.
        case finish(isClean: Bool)
    }

    /// - Returns: whether to listen; not when a signal has come first.
    package mutating func start() -> Bool {
        guard self == .starting else { return false }
        self = .serving
        return true
    }

    /// SIGTERM or SIGINT. A second one ends the delay, a third one all waiting.
    package mutating func signal() -> Step {
        switch self {
        case .starting:
            self = .ended
            return .finish(isClean: true)
        case .serving:
            self = .delaying
            return .beginDelay
        case .delaying:
            self = .draining
            return .beginDrain
        case .draining: return .finish(isClean: false)
        case .ended: return .finish(isClean: true)
        }
    }

    /// - Returns: what to do; nothing if a signal has ended the delay before.
    package mutating func delayHasPassed() -> Step? {
        guard self == .delaying else { return nil }
        self = .draining
        return .beginDrain
    }
}
