// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

struct AcceptTests {
    @Test(
        arguments: [
            (nil, 1000), ("application/json", 1000), ("APPLICATION/JSON", 1000), ("*/*", 1000),
            ("application/*", 1000), ("text/html, */*;q=0.1", 100), ("text/html,*/*;q=0.1", 100),
            ("application/json, text/plain, */*", 1000), ("application/json;q=0.25", 250),
            ("text/html", 0), ("text/*", 0), ("json", 1000), ("application/jsonx", 0),
            ("application/problem+json", 0), ("application/json;q=0", 0), ("*/*;q=0", 0),
            // The most specific range that matches counts, wherever it stands; of equals the first.
            ("application/json;q=0, */*", 0), ("*/*, application/json;q=0", 0),
            ("application/*;q=0, */*", 0), ("application/json;q=0.3, application/*;q=0.9", 300),
            ("application/json;q=0.3, application/json", 300),
            ("application/json;q=0.2, application/json;charset=utf-8;q=0.7", 700),
            // Parameters.
            ("application/json;charset=utf-8", 1000),
            ("application/json ; charset=\"UTF-8\"", 1000),
            ("application/json;charset=\"u\\tf-8\"", 1000), ("application/json;charset=latin1", 0),
            ("application/json;charset=utf-16, */*;q=0.5", 500),
            ("application/json;indent=4;q=0.5", 500), ("application/json;version=2", 1000),
            ("application/json;q=0.5;", 500), ("application/json;;q=0.5", 500),
            // A comma or a semicolon in quotes parts nothing.
            ("text/html;a=\"b, c\", application/json;q=0.5", 500),
            ("text/html;a=\"\\\", application/json;q=0\", */*;q=0.25", 250),
            ("application/json;a=\";q=0\"", 1000), ("application/json;a=\"\";q=0.5", 500),
            // Empty elements.
            ("", 1000), (" , ,", 1000), (",application/json;q=0.5,,text/html", 500),
        ] as [(String?, Int)])
    func weighsJSON(_ value: String?, _ expected: Int) throws {
        #expect(try RequestFields("Accept", value).weight(of: .json) == expected)
    }

    /// Each would rule JSON out, if it were not passed over as a whole.
    @Test(arguments: [
        "text", "text/", "/html", "text/html;q=2", "text/html;q=1.001", "text/html;q=0.1234",
        "text/html;q=", "text/html;q=\"1\"", "text/html;q=1;q=1", "text/html;a", "text/html;a=",
        "text/html;=b", "text/html;a=\"b", "text/html;a=\"b\\", "text/html a=b", "text /html",
        "text/html;a=b c", "text/html/x", "text/html;a=b\"c\"", "\"text/html\"", "text/ht\u{FC}ml",
    ])
    func aMalformedListSaysNothing(_ range: String) throws {
        for value in ["application/json;q=0, \(range)", "\(range), application/json;q=0"] {
            #expect(try RequestFields("Accept", value).weight(of: .json) == 1000, "\(value)")
        }
    }

    @Test func linesCountAsOneList() throws {
        let lines = "Accept: text/html\r\nAccept-Encoding: br\r\naccept:application/json;q=0.2\r\n"
        #expect(try RequestFields(lines).weight(of: .json) == 200)
        #expect(try RequestFields(lines + "Accept: ;\r\n").weight(of: .json) == 1000)
        #expect(try RequestFields("Accept:\r\nAccept: \r\n").weight(of: .json) == 1000)
    }

    @Test(
        arguments: [
            // What Prometheus 2 and 3 send.
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,"
                    + "application/openmetrics-text;version=0.0.1;q=0.4,"
                    + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                300, 500
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                    + "encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;"
                    + "escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
                    + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
                    + "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                200, 500
            ),
            ("text/plain;version=1.0.0;q=0.3,*/*;q=0.1", 100, 100),
            ("application/openmetrics-text", 0, 1000), ("text/plain", 1000, 0), ("*/*", 1000, 1000),
            ("text/plain; version=0.0.4; charset=utf-8", 1000, 0),
            ("text/plain; version=\"0.0.4\"", 1000, 0), ("text/plain;version=0.0.40", 0, 0),
            ("text/plain;version=0.0", 0, 0), ("text/plain;version=\"\"", 0, 0),
            ("application/openmetrics-text;version=0.0.1", 0, 0),
            ("application/openmetrics-text;version=2.0.0,*/*;q=0.1", 100, 100),
            ("application/openmetrics-text;q=0,text/plain;q=0.1", 100, 0),
            ("application/openmetrics-text;q=0.5,text/plain;q=0.5", 500, 500),
            ("application/json", 0, 0), ("text/*;q=0.5, application/*", 500, 1000),
        ] as [(String, Int, Int)])
    func weighsTheFormatsOfAScrape(_ value: String, _ text: Int, _ openMetrics: Int) throws {
        let fields = RequestFields("Accept", value)
        #expect(try fields.weight(of: .prometheusText) == text)
        #expect(try fields.weight(of: .openMetrics) == openMetrics)
    }

    /// Where a list is cut into lines changes nothing (RFC 9110 section 5.3).
    @Test func elementsMeanTheSameOnLinesOfTheirOwn() throws {
        let elements = [
            "application/json", "application/json;q=0", "application/*;q=0.4", "*/*;q=0.5",
            "text/html;a=\"b,c\"", "", "text/html;q=x", "application/json;charset=utf-8;q=0.1",
        ]
        for first in elements {
            for second in elements {
                for third in elements {
                    let list = [first, second, third]
                    let joined = RequestFields("Accept", list.joined(separator: ","))
                    let apart = RequestFields(list.map { "Accept: \($0)\r\n" }.joined())
                    #expect(
                        try joined.weight(of: .json) == apart.weight(of: .json), "\(list)")
                }
            }
        }
    }
}
