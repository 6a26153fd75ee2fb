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
    /// How long it is thought to take; `nil` for what is not to wait behind predictions, such as a
    /// scrape.
    package let predictedNanoseconds: Double?
    /// Goes on with the response that the loop began.
    package let run: @Sendable (inout HTTPResponse) -> Void

    package init(
        predictedNanoseconds: Double?, _ run: @escaping @Sendable (inout HTTPResponse) -> Void
    ) {
        self.predictedNanoseconds = predictedNanoseconds
        self.run = run
    }
}
