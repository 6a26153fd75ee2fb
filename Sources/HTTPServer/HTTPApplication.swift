// SPDX-License-Identifier: Apache-2.0
package import HTTP1

/// What answers the requests of one loop: made on that loop's behalf and only used there.
package struct HTTPApplication<Message: Sendable> {
    /// Answers a request whose bytes are the span.
    package typealias Respond = (
        borrowing HTTPRequest, borrowing Span<UInt8>, HTTPRequestContext, inout HTTPResponse
    ) -> HTTPDisposition

    let respond: Respond
    let receive: (Message) -> Void

    /// - Parameters:
    ///   - respond: returns within microseconds, or defers.
    ///   - receive: takes a value that was published to all loops.
    package init(respond: @escaping Respond, receive: @escaping (Message) -> Void) {
        self.respond = respond
        self.receive = receive
    }
}
