// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

struct MediaTypeTests {
    @Test(arguments: [
        ("application/json", true), ("Application/JSON", true),
        ("application/json;charset=utf-8", true), ("application/json; charset=UTF-8", true),
        ("application/json ;\tcharset=\"utf-8\"", true),
        ("application/json;charset=\"ut\\f-8\"", true), ("application/json ; ", true),
        ("application/json;", true), ("application/json;;charset=utf-8;", true),
        ("application/json; q=1", true), ("application/json;a=\"b;charset=latin1\"", true),
        ("application/json; charset=latin1", false), ("application/json; charset=utf-16", false),
        ("application/json; charset=utf8", false), ("application/json; charset=utf-80", false),
        ("application/json; charset=\"\"", false), ("application/json; charset=", false),
        ("application/json; charset", false), ("application/json; charset=\"utf-8", false),
        ("application/json; charset =utf-8", false), ("application/json; charset= utf-8", false),
        ("application/json; charset=utf-8; charset=latin1", false),
        ("application/json charset=utf-8", false), ("application/json, application/json", false),
        ("application/json;a=b,", false), ("application/*", false), ("*/*", false),
        ("application/problem+json", false), ("text/json", false), ("application/jsonx", false),
        ("application /json", false), ("application/", false), ("/json", false), ("json", false),
        ("", false), ("application/x-www-form-urlencoded", false), ("application\\json", false),
    ])
    func knowsJSON(_ value: String, _ expected: Bool) {
        let bytes = Array(value.utf8)
        let span = bytes.span
        #expect(MediaType.isJSON(0..<bytes.count, in: span) == expected)
    }
}
