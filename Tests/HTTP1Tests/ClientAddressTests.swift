// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

struct ClientAddressTests {
    static let cases: [(ClientAddress, String)] = [
        (ClientAddress(ipv4: 0x7F00_0001), "127.0.0.1"),
        (ClientAddress(ipv4: 0xFFFF_FFFF), "255.255.255.255"),
        (ClientAddress(ipv4: 0), "0.0.0.0"),
        (ClientAddress(high: 0, low: 1), "0:0:0:0:0:0:0:1"),
        (
            ClientAddress(high: 0x2001_0DB8_0000_0000, low: 0x0000_00FF_FE28_9C5A),
            "2001:db8:0:0:0:ff:fe28:9c5a"
        ), (ClientAddress(high: .max, low: .max), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ]

    @Test(arguments: cases)
    func isWritten(_ address: ClientAddress, _ expected: String) {
        let text = [UInt8](capacity: ClientAddress.textBytesMax) { address.append(to: &$0) }
        #expect(String(decoding: text, as: UTF8.self) == expected)
        #expect("anonymous@\(address)" == "anonymous@" + expected)
    }

    @Test func mappedIPv4IsTheSameClient() {
        #expect(ClientAddress(high: 0, low: 0xFFFF_7F00_0001) == ClientAddress(ipv4: 0x7F00_0001))
        #expect(ClientAddress(high: 0, low: 0x7F00_0001).ipv4 == nil)
    }
}
