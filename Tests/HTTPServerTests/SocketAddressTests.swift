// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Testing

struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1:1", true), ("127.255.255.254:1", true), ("[::1]:1", true),
        ("[0:0:0:0:0:0:0:1]:1", true), ("[::ffff:127.0.0.1]:1", true),
        ("0.0.0.0:1", false), ("128.0.0.1:1", false), ("10.127.0.1:1", false),
        ("[::]:1", false), ("[::2]:1", false), ("[1::1]:1", false), ("[::127.0.0.1]:1", false),
        ("[::ffff:10.0.0.1]:1", false), ("[fe80::1]:1", false),
    ])
    func knowsWhatOnlyThisMachineReaches(_ text: String, _ isLoopback: Bool) throws {
        #expect(try SocketAddress(text).isLoopback == isLoopback)
    }
}
