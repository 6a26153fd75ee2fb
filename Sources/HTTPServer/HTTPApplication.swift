// SPDX-License-Identifier: Apache-2.0
package import HTTP1

/// Answers a request whose bytes are the span: within microseconds, or defers.
package typealias HTTPRespond = (
    borrowing HTTPRequest, borrowing Span<UInt8>, HTTPRequestContext, inout HTTPResponse
) -> HTTPDisposition

/// What answers the requests of one loop: made on that loop's behalf and only used there.
package struct HTTPApplication<Message: Sendable> {
    let respond: HTTPRespond
    let receive: (Message) -> Void

    /// - Parameter receive: takes a value that was published to all loops.
    package init(respond: @escaping HTTPRespond, receive: @escaping (Message) -> Void) {
        self.respond = respond
        self.receive = receive
    }
}
