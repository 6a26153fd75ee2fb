// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

/// Each of the 256 byte values in each place where bytes are judged. What each grammar allows is
/// written here as the RFC has it, not as the parser does.
struct EveryByteTests {
    private static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    private static let digits = "0123456789"
    private static let hexadecimals = digits + "abcdefABCDEF"
    /// RFC 9110 section 5.6.2.
    private static let tokens = letters + digits + "!#$%&'*+-.^_`|~"
    /// RFC 3986 sections 2.2 and 2.3.
    private static let unreserved = letters + digits + "-._~"
    private static let subDelimiters = "!$&'()*+,;="
    /// RFC 9110 section 5.5: field-vchar, SP and HTAB.
    private static let fieldValues = Set<UInt8>([0x09] + Array(0x20...0x7E) + Array(0x80...0xFF))

    /// Puts each byte between `before` and `after`.
    private func check(
        _ before: String, _ after: String, allowed: Set<UInt8>,
        otherwise error: HTTPParseError, except exceptions: [UInt8: HTTPParseError] = [:]
    ) {
        for byte in UInt8.min...UInt8.max {
            let message = Array(latin1: before) + [byte] + Array(latin1: after)
            let verdict = Reading(message).verdict
            if allowed.contains(byte) {
                guard case .request = verdict else {
                    Issue.record("byte \(byte): \(verdict)")
                    continue
                }
            } else {
                #expect(verdict == .refused(exceptions[byte] ?? error), "byte \(byte)")
            }
        }
    }

    private static let lineEnds: [UInt8: HTTPParseError] = [
        0x0A: .bareLineFeed, 0x0D: .bareCarriageReturn,
    ]

    /// Every token is a method, but none of these is one that is known.
    @Test func inAMethod() {
        for byte in UInt8.min...UInt8.max {
            let message = Array("GE".utf8) + [byte] + Array("T / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            // An SP ends the method: "T" would be the target, and "/ HTTP/1.1" the version.
            let expected: HTTPParseError =
                switch byte {
                case 0x20: .malformedVersion
                case 0x0A: .bareLineFeed
                case _ where Self.tokens.utf8.contains(byte): .unknownMethod
                default: .malformedRequestLine
                }
            #expect(Reading(message).verdict == .refused(expected), "byte \(byte)")
        }
    }

    @Test func asTheFirstOfAll() {
        for byte in UInt8.min...UInt8.max {
            let message = [byte] + Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            let expected: HTTPParseError =
                switch byte {
                case 0x0A: .bareLineFeed
                case 0x0D: .bareCarriageReturn
                case 0x16: .clientHello
                case _ where Self.tokens.utf8.contains(byte): .unknownMethod
                default: .malformedRequestLine
                }
            #expect(Reading(message).verdict == .refused(expected), "byte \(byte)")
        }
    }

    @Test(arguments: ["/a", "/?a", "http://a/", "http://a/?"])
    func inATarget(_ start: String) {
        var exceptions = Self.lineEnds
        exceptions[0x20] = .malformedVersion
        exceptions[0x25] = .malformedEscape
        check(
            "GET \(start)", "b HTTP/1.1\r\nHost: a\r\n\r\n",
            allowed: Set((Self.unreserved + Self.subDelimiters + ":@/?").utf8),
            otherwise: .malformedTarget, except: exceptions)
    }

    @Test func inAnEscape() {
        var exceptions = Self.lineEnds
        exceptions[0x20] = .malformedVersion
        check(
            "GET /%4", " HTTP/1.1\r\nHost: a\r\n\r\n", allowed: Set(Self.hexadecimals.utf8),
            otherwise: .malformedEscape, except: exceptions)
    }

    @Test(arguments: ["", "H", "HTTP", "HTTP/", "HTTP/1", "HTTP/1.", "HTTP/1.1"])
    func inAVersion(_ start: String) {
        let rest = String("HTTP/1.1".dropFirst(start.utf8.count + 1))
        var expected: Set<UInt8> = []
        if start.utf8.count < 8 {
            expected = [Array("HTTP/1.1".utf8)[start.utf8.count]]
        }
        var exceptions = Self.lineEnds
        if start == "HTTP/" {
            for digit in Self.digits.utf8 where digit != 0x31 {
                exceptions[digit] = .unsupportedVersion
            }
        }
        // Any minor version of HTTP/1 is read.
        if start == "HTTP/1." { expected = Set(Self.digits.utf8) }
        check(
            "GET / \(start)", "\(rest)\r\nHost: a\r\n\r\n", allowed: expected,
            otherwise: .malformedVersion, except: exceptions)
    }

    @Test func inAFieldName() {
        // A colon ends the name.
        check(
            "GET / HTTP/1.1\r\nHost: a\r\nX", "Y: z\r\n\r\n",
            allowed: Set(Self.tokens.utf8).union([0x3A]), otherwise: .malformedFieldName,
            except: Self.lineEnds)
    }

    @Test func asTheFirstOfAFieldLine() {
        var exceptions = Self.lineEnds
        exceptions[0x20] = .lineFolding
        exceptions[0x09] = .lineFolding
        check(
            "GET / HTTP/1.1\r\nHost: a\r\n", "Y: z\r\n\r\n", allowed: Set(Self.tokens.utf8),
            otherwise: .malformedFieldName, except: exceptions)
    }

    /// At each place of the words that values are read by.
    @Test(arguments: 0..<17)
    func inAFieldValue(_ offset: Int) {
        let before = String(repeating: "y", count: offset)
        let after = String(repeating: "z", count: 16 - offset)
        check(
            "GET / HTTP/1.1\r\nHost: a\r\nX:\(before)", "\(after)\r\n\r\n",
            allowed: Self.fieldValues, otherwise: .malformedFieldValue, except: Self.lineEnds)
    }

    @Test func inAHost() {
        // White space at a value's end is none of the value, and a colon may end a host.
        var exceptions = Self.lineEnds
        for byte in UInt8.min...UInt8.max
        where !Self.fieldValues.contains(byte) && exceptions[byte] == nil {
            exceptions[byte] = .malformedFieldValue
        }
        let names = Self.unreserved + Self.subDelimiters.replacing(",", with: "")
        check(
            "GET / HTTP/1.1\r\nHost: a", "b\r\n\r\n", allowed: Set(names.utf8),
            otherwise: .malformedHost, except: exceptions)
        check(
            "GET / HTTP/1.1\r\nHost: a:8", "0\r\n\r\n", allowed: Set(Self.digits.utf8),
            otherwise: .malformedHost, except: exceptions)
        check(
            "GET / HTTP/1.1\r\nHost: [::", "1]\r\n\r\n", allowed: Set(Self.hexadecimals.utf8),
            otherwise: .malformedHost, except: exceptions)
    }

    @Test func inAContentLength() {
        var exceptions = Self.lineEnds
        for byte in UInt8.min...UInt8.max
        where !Self.fieldValues.contains(byte) && exceptions[byte] == nil {
            exceptions[byte] = .malformedFieldValue
        }
        check(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0",
            "1\r\n\r\n"
                + String(repeating: "x", count: 91),
            allowed: Set(Self.digits.utf8), otherwise: .malformedContentLength, except: exceptions)
    }

    private static let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test func inAChunkSize() {
        for byte in UInt8.min...UInt8.max {
            let message = Array(latin1: Self.chunked + "0") + [byte] + Array("0\r\n\r\n".utf8)
            let expected: Verdict =
                switch byte {
                // A semicolon begins an extension.
                case 0x30, 0x3B: .post
                // The chunk is larger than what follows.
                case _ where Self.hexadecimals.utf8.contains(byte): .incomplete
                default: .refused(.malformedChunkSize)
                }
            #expect(Reading(message).verdict == expected, "byte \(byte)")
        }
    }

    @Test func inAChunkExtension() {
        // Behind a name: more of it, its value, another extension, or the line's end.
        check(
            Self.chunked + "0;a", "b\r\n\r\n",
            allowed: Set(Self.tokens.utf8).union([0x3D, 0x3B]),
            otherwise: .malformedChunkExtension, except: [0x0D: .malformedChunkSize])
        check(
            Self.chunked + "0;a=\"", "\"\r\n\r\n",
            allowed: Self.fieldValues.subtracting([0x22, 0x5C]),
            otherwise: .malformedChunkExtension)
        check(
            Self.chunked + "0;a=\"\\", "\"\r\n\r\n", allowed: Self.fieldValues,
            otherwise: .malformedChunkExtension)
    }

    @Test func inATrailer() {
        check(
            Self.chunked + "0\r\nA", "B: c\r\n\r\n", allowed: Set(Self.tokens.utf8).union([0x3A]),
            otherwise: .malformedTrailer)
        check(
            Self.chunked + "0\r\nA: b", "c\r\n\r\n", allowed: Self.fieldValues,
            otherwise: .malformedTrailer)
    }

    @Test func behindAChunk() {
        check(
            Self.chunked + "1\r\na", "\n0\r\n\r\n", allowed: [0x0D], otherwise: .malformedChunkEnd)
        check(
            Self.chunked + "1\r\na\r", "0\r\n\r\n", allowed: [0x0A], otherwise: .malformedChunkEnd)
    }
}
