// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

struct RequestTimeoutTests {
    @Test(arguments: [
        ("", RequestTimeout.unlimited), ("X-Request-Timeout-Ms: 250\r\n", .milliseconds(250)),
        ("Request-Timeout: 2\r\n", .milliseconds(2000)),
        ("Request-Timeout: 2\r\nX-Request-Timeout-Ms: 7\r\n", .milliseconds(7)),
        ("X-Request-Timeout-Ms: +5\r\n", .malformed), ("X-Request-Timeout-Ms: \r\n", .malformed),
        ("X-Request-Timeout-Ms: 1.5\r\n", .malformed), ("Request-Timeout: 1s\r\n", .malformed),
        ("X-Request-Timeout-Ms: 1234567890\r\n", .malformed),
        ("X-Request-Timeout-Ms: 0\r\n", .milliseconds(0)),
    ])
    func readsHowLongTheClientWaits(_ lines: String, _ expected: RequestTimeout) throws {
        #expect(try RequestFields(lines).ask { RequestTimeout($0, in: $1) } == expected)
    }
}
