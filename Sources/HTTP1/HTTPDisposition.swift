// SPDX-License-Identifier: Apache-2.0

/// What an application did with a request.
package enum HTTPDisposition: Sendable {
    /// The response is complete.
    case answered
    /// The response takes longer than a loop may stand still: this makes it, elsewhere.
    case deferred(@Sendable (inout HTTPResponse) -> Void)
}
