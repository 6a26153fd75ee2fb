// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

struct AcceptedCodingTests {
    @Test(
        arguments: [
            (nil, AcceptedCoding.identity), ("gzip", .gzip), ("GZIP", .gzip), ("x-gzip", .gzip),
            ("X-GZip", .gzip), ("gzip, deflate", .gzip), ("gzip, deflate, br, zstd", .gzip),
            ("br;q=1.0, gzip;q=0.8, *;q=0.1", .gzip), ("gzip\t;\tq=0.5\t,\tbr", .gzip),
            ("deflate", .identity), ("br", .identity), ("gzipx", .identity), ("xgzip", .identity),
            ("", .identity), (",,", .identity), (" ,\t, gzip ,,", .gzip),
            // Weights: how much, and against each other.
            ("gzip;q=0", .identity), ("gzip;q=0.000", .identity), ("gzip;q=0.", .identity),
            ("gzip;q=0.001", .gzip), ("gzip;q=1", .gzip), ("gzip;q=1.", .gzip),
            ("gzip;q=1.000", .gzip), ("gzip ; q=0.5", .gzip), ("gzip;Q=0.5", .gzip),
            ("gzip;q=0.5, identity", .identity), ("gzip;q=0.5, identity;q=0.5", .gzip),
            ("gzip, identity;q=0.5", .gzip), ("gzip;q=0.499, identity;q=0.5", .identity),
            ("gzip;q=0, gzip", .identity), ("gzip, x-gzip;q=0", .gzip),
            // What is not named is as `*` says.
            ("*", .gzip), ("*;q=0.1", .gzip), ("*;q=0.5, identity", .identity),
            ("gzip;q=0.3, *;q=0.5", .identity), ("identity;q=0.5, *;q=0.1", .identity),
            ("*;q=0, identity", .identity), ("gzip;q=0, *", .identity),
            // The body as it is may be ruled out.
            ("identity;q=0", .none), ("*;q=0", .none), ("identity;q=0, br", .none),
            ("gzip;q=0, identity;q=0", .none), ("gzip;q=0, *;q=0", .none),
            ("*;q=0, gzip", .gzipOnly), ("gzip, *;q=0", .gzipOnly),
            ("gzip, identity;q=0", .gzipOnly), ("identity;q=0, *", .gzipOnly),
            ("gzip;q=0.001, identity;q=0.000", .gzipOnly),
        ] as [(String?, AcceptedCoding)])
    func chooses(_ value: String?, _ expected: AcceptedCoding) throws {
        #expect(try RequestFields("Accept-Encoding", value).acceptedCoding() == expected)
    }

    /// Each rules out the body as it is, unless it is passed over as a whole.
    @Test(arguments: [
        "gzip;q=1.001", "gzip;q=2", "gzip;q=", "gzip;q=0.0001", "gzip;q=0.1234", "gzip;q=.5",
        "gzip;q=-1", "gzip;q=+1", "gzip;q=nan", "gzip;q=0x1", "gzip;q=1,5", "gzip;q=0,5", "gzip;",
        "gzip;;q=1", "gzip;level=9", "gzip;q=1;q=1", "gzip;q=1;a=b", "gzip;q =1", "gzip;q= 1",
        "gzip;q=\"1\"", "gzip;q", "gzip q=1", "gzip deflate", ";q=1", "gz/ip", "\"gzip\"", "gzip=1",
        "gzip@", "g\u{FC}zip", "gzip;q=1.00\u{B2}", "(gzip)",
    ])
    func aMalformedListSaysNothing(_ element: String) throws {
        for value in ["\(element), identity;q=0", "identity;q=0, \(element)"] {
            let coding = try RequestFields("Accept-Encoding", value).acceptedCoding()
            // Of what a comma parts, the parts count: `gzip;q=0,5` names a coding called 5.
            #expect(
                coding == (element.contains(",") ? Self.commas[element] : .identity), "\(value)")
        }
    }

    private static let commas: [String: AcceptedCoding] = [
        "gzip;q=1,5": .gzipOnly, "gzip;q=0,5": .none,
    ]

    @Test func linesCountAsOneList() throws {
        let lines = "Accept-Encoding: gzip\r\nX: y\r\naccept-encoding:identity;q=0\r\n"
        #expect(try RequestFields(lines).acceptedCoding() == .gzipOnly)
        let malformed = lines + "ACCEPT-ENCODING: ;\r\n"
        #expect(try RequestFields(malformed).acceptedCoding() == .identity)
        let neighbours = "Accept-Encodin: br;q=x\r\nAccept-Encoding2: br;q=x\r\n" + lines
        #expect(try RequestFields(neighbours).acceptedCoding() == .gzipOnly)
    }

    /// Where a list is cut into lines changes nothing (RFC 9110 section 5.3).
    @Test func elementsMeanTheSameOnLinesOfTheirOwn() throws {
        let elements = [
            "gzip", "gzip;q=0", "gzip;q=0.4", "identity;q=0", "identity;q=0.5", "*;q=0", "*",
            "br", "", "gzip;q=x",
        ]
        for first in elements {
            for second in elements {
                for third in elements {
                    let list = [first, second, third]
                    let joined = RequestFields("Accept-Encoding", list.joined(separator: ", "))
                    let apart = RequestFields(
                        list.map { "Accept-Encoding: \($0)\r\nHost2: a\r\n" }.joined())
                    #expect(try joined.acceptedCoding() == apart.acceptedCoding(), "\(list)")
                }
            }
        }
    }
}
