// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

struct LogMembersTests {
    private func text(_ members: LogMembers) -> String {
        String(decoding: members.bytes, as: UTF8.self)
    }

    @Test func areMembersOfAnObject() {
        var members = LogMembers()
        #expect(members.isEmpty)
        members.append("model", "m")
        members.append("version", 12)
        #expect(text(members) == ",\"model\":\"m\",\"version\":12")
        var all = LogMembers()
        let request = Array("a\"b".utf8)
        let digits = Array("0123".utf8)
        all.append(requestID: request.span, traceID: digits.span, spanID: digits.span)
        all.append(model: members, predictionID: digits.span)
        #expect(
            text(all) == ",\"request_id\":\"a\\\"b\",\"trace_id\":\"0123\",\"span_id\":\"0123\""
                + ",\"model\":\"m\",\"version\":12,\"prediction_id\":\"0123\"")
        all.removeAll()
        #expect(all.isEmpty)
    }

    /// No byte that a client sends ends the string or the line, wherever in the value it stands.
    @Test(arguments: 0...UInt8.max)
    func escapesEveryByteThatIsNotPlain(_ byte: UInt8) {
        let expected =
            switch byte {
            case 0x22: "\\\""
            case 0x5C: "\\\\"
            case 0x20...0x7E: String(UnicodeScalar(byte))
            default:
                "\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        for place in 0..<19 {
            let value = (0..<19).map { $0 == place ? byte : 0x61 }
            var members = LogMembers()
            members.append("x", value.span)
            let before = String(repeating: "a", count: place)
            let after = String(repeating: "a", count: 18 - place)
            #expect(text(members) == ",\"x\":\"\(before)\(expected)\(after)\"")
        }
    }

    @Test(arguments: [0, 9, 10, 99, 100, 12_345_678_901, Int.max])
    func writesNumbers(_ number: Int) {
        var members = LogMembers()
        members.append("n", number)
        #expect(text(members) == ",\"n\":\(number)")
    }
}
