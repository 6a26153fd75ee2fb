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
    let endTurn: () -> Void

    /// - Parameters:
    ///   - receive: takes a value that was published to all loops.
    ///   - endTurn: called when the loop has answered what was there, to hand over what was
    ///     collected meanwhile.
    package init(
        respond: @escaping HTTPRespond, receive: @escaping (Message) -> Void,
        endTurn: @escaping () -> Void = {}
    ) {
        self.respond = respond
        self.receive = receive
        self.endTurn = endTurn
    }
}
