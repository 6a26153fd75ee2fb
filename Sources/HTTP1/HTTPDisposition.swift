// SPDX-License-Identifier: Apache-2.0

/// What an application did with a request.
package enum HTTPDisposition: Sendable {
    /// The response is complete.
    case answered
    /// The response takes longer than a loop may stand still.
    case deferred(HTTPWork)
}

/// The making of a response elsewhere than on a loop.
package struct HTTPWork: Sendable {
    /// Why work was not begun.
    package enum Refusal: Equatable, Sendable {
        case overloaded(retryAfterSeconds: Int)
        /// Its deadline passed while it waited.
        case expired
    }

    /// How long it is thought to take; `nil` for what is not to wait behind predictions, such as a
    /// scrape, and is never refused.
    package let predictedNanoseconds: Double?
    /// Whether it may wait for a file that others have locked: then no scrape waits behind it.
    package let mayWait: Bool
    /// When nobody waits for the response any more, in nanoseconds of the monotonic clock.
    package let deadlineNanoseconds: UInt64?
    /// Goes on with the response that the loop began. Work that turns out to be more than was
    /// predicted is deferred once more, as what it then is known to be.
    package var run: @Sendable (inout HTTPResponse) -> HTTPDisposition
    /// Makes the response that says why there is no other.
    package var refuse: @Sendable (Refusal, inout HTTPResponse) -> Void

    package init(
        predictedNanoseconds: Double, deadlineNanoseconds: UInt64?,
        run: @escaping @Sendable (inout HTTPResponse) -> HTTPDisposition,
        refuse: @escaping @Sendable (Refusal, inout HTTPResponse) -> Void
    ) {
        self.predictedNanoseconds = predictedNanoseconds
        mayWait = false
        self.deadlineNanoseconds = deadlineNanoseconds
        self.run = run
        self.refuse = refuse
    }

    /// Work that is never refused and does not wait.
    package init(express run: @escaping @Sendable (inout HTTPResponse) -> Void) {
        self.init(run, mayWait: false)
    }

    /// The same for what may wait for a file; whoever makes it bounds how much of it there is.
    package init(waiting run: @escaping @Sendable (inout HTTPResponse) -> Void) {
        self.init(run, mayWait: true)
    }

    private init(_ run: @escaping @Sendable (inout HTTPResponse) -> Void, mayWait: Bool) {
        predictedNanoseconds = nil
        self.mayWait = mayWait
        deadlineNanoseconds = nil
        self.run = { response in
            run(&response)
            return .answered
        }
        refuse = { _, _ in }
    }
}
