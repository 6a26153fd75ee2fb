// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import JSON
import TLSTesting
import Testing
import Zlib

/// Codings, types and limits of content, asked of the built server.
@Suite(.serialized)
struct ServedContentTests {
    private static let row = "[\((0..<16).map { "\($0).5" }.joined(separator: ","))]"

    private func post(_ body: [UInt8], _ fields: String) -> [UInt8] {
        Array(
            ("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(fields)"
                + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
    }

    private func get(_ path: String, _ fields: String, method: String = "GET") -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    private func serve() async throws -> (ServiceFixture, Process) {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        return (fixture, try await fixture.serve())
    }

    private func connect(_ fixture: ServiceFixture) throws -> KeepAlive {
        try #require(KeepAlive(port: UInt16(fixture.port)))
    }

    @Test func speaksGzipBothWaysOnOneConnection() async throws {
        let (fixture, process) = try await serve()
        let connection = try connect(fixture)
        let rows = Array(repeating: Self.row, count: 100).joined(separator: ",")
        let body = Array("{\"instances\":[\(rows)]}".utf8)
        let coded = try Gzip.compress(body)
        let plain = try connection.answer(post(body, ""))
        #expect(plain.status == 200)
        #expect(plain["content-encoding"] == nil)
        #expect(plain["vary"] == "Accept-Encoding")
        let predictions = try JSONValue(parsing: plain.text)["predictions"]
        #expect(predictions?.array?.count == 100)
        for (message, isCoded) in [
            (post(coded, "Content-Encoding: gzip\r\n"), false),
            (post(body, "Accept-Encoding: gzip, deflate\r\n"), true),
            (post(coded, "Content-Encoding: x-gzip\r\nAccept-Encoding: *\r\n"), true),
        ] {
            let answer = try connection.answer(message)
            #expect(answer.status == 200)
            #expect(answer["content-encoding"] == (isCoded ? "gzip" : nil))
            #expect(answer["vary"] == "Accept-Encoding")
            #expect(answer["connection"] == nil)
            let text = isCoded ? try Gzip.decompress(answer.body) : answer.body
            let json = try JSONValue(parsing: String(decoding: text, as: UTF8.self))
            #expect(json["predictions"] == predictions)
        }
        #expect(process.pid > 0)
    }

    /// Bombs are refused for what they hold and for how dense they are, and cost no memory.
    @Test func aBombIsRefusedAndCostsNoMemory() async throws {
        let (fixture, process) = try await serve()
        let dense = try Gzip.compress([UInt8](repeating: 0x20, count: 64 << 20))
        #expect(dense.count < 70_000)
        func explode() throws {
            let connection = try connect(fixture)
            let answer = try connection.answer(post(dense, "Content-Encoding: gzip\r\n"))
            #expect(answer.status == 413)
            #expect(answer.slug == "content-too-dense")
            #expect(answer["connection"] == "close")
            #expect(connection.isEnded)
        }
        for _ in 0..<4 { try explode() }
        let before = try peakKilobytes(process)
        for _ in 0..<20 { try explode() }
        let growth = try peakKilobytes(process) - before
        #expect(growth <= 1024 || Sanitizer.isPresent, "\(growth) KiB")
        #expect(try fixture.predict().hasPrefix("HTTP/1.1 200"))
    }

    @Test func contentsBeyondTheLimitAreRefused() async throws {
        let (fixture, process) = try await serve()
        // A member of a mebibyte whose contents are not dense; the limit is eight.
        var state: UInt64 = 1
        let noise = (0..<16_384).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let member = try Gzip.compress(Array(repeatElement(noise, count: 64).joined()))
        #expect(1 << 20 / member.count < 100)
        for (count, status, slug) in [
            (8, 400, "invalid-json"), (9, 413, "content-too-large"),
        ] {
            let connection = try connect(fixture)
            let body = Array(repeatElement(member, count: count).joined())
            let answer = try connection.answer(post(body, "Content-Encoding: gzip\r\n"))
            #expect(answer.status == status)
            #expect(answer.slug == slug)
        }
        // Longer than the limit as it is: refused before a byte of it is read.
        let connection = try connect(fixture)
        let answer = try connection.answer(
            "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Content-Encoding: gzip\r\nContent-Length: 8388609\r\n\r\n")
        #expect(answer.status == 413)
        #expect(answer["connection"] == "close")
        #expect(process.pid > 0)
    }

    @Test func badContentIsToldAndTheConnectionKept() async throws {
        let (fixture, process) = try await serve()
        let connection = try connect(fixture)
        let body = Array("{\"features\":\(Self.row)}".utf8)
        let good = try Gzip.compress(body)
        let cases: [([UInt8], Int, String)] = [
            (
                post(Array(good.dropLast()), "Content-Encoding: gzip\r\n"), 400,
                "malformed-content-coding"
            ),
            (post(good + [0], "Content-Encoding: gzip\r\n"), 400, "malformed-content-coding"),
            (post(body, "Content-Encoding: gzip\r\n"), 400, "malformed-content-coding"),
            (post(good, "Content-Encoding: br\r\n"), 415, "unsupported-content-coding"),
            (post(good, "Content-Encoding: gzip, gzip\r\n"), 415, "unsupported-content-coding"),
            (post(body, "Accept: text/html\r\n"), 406, "not-acceptable"),
            (post(body, "Accept-Encoding: identity;q=0\r\n"), 406, "not-acceptable"),
            (post(body + [0x7D], ""), 400, "invalid-json"),
            (post(Array("{\"features\":[1]}".utf8), ""), 422, "wrong-length"),
        ]
        for (message, status, slug) in cases {
            let answer = try connection.answer(message)
            #expect(answer.status == status)
            #expect(answer.slug == slug)
            #expect(answer["content-type"] == "application/problem+json")
            let offersGzip = slug == "unsupported-content-coding"
            #expect(answer["accept-encoding"] == (offersGzip ? "gzip" : nil))
        }
        #expect(try connection.answer(post(good, "Content-Encoding: gzip\r\n")).status == 200)
        #expect(process.pid > 0)
    }

    @Test func headHasTheFieldsOfGet() async throws {
        let (fixture, process) = try await serve()
        let connection = try connect(fixture)
        let paths = [
            "/livez", "/readyz", "/healthz", "/version", "/models", "/models/m",
            "/models/m/versions/1", "/metrics", "/nowhere", "/models/x", "/predict",
        ]
        for path in paths {
            for fields in ["", "Accept-Encoding: gzip, identity;q=0\r\n", "Accept: image/png\r\n"] {
                let id = fields + "X-Request-Id: same\r\n"
                let get = try connection.answer(self.get(path, id))
                let head = try connection.answer(
                    self.get(path, id, method: "HEAD"), isHead: true)
                #expect(head.status == get.status)
                #expect(head.body.isEmpty)
                #expect(!get.body.isEmpty)
                // Counters go on between the two; so may the clock.
                let isScrape = path == "/metrics" && get.status == 200
                let changing: Set = isScrape ? ["date", "content-length"] : ["date"]
                func steady(_ answer: WireAnswer) -> [String] {
                    answer.fields.filter { !changing.contains($0.name) }
                        .map { "\($0.name): \($0.value)" }
                }
                #expect(steady(head) == steady(get))
                #expect(head.fields.map(\.name) == get.fields.map(\.name))
                // A probe's answer is sent as it is: coding it could wait behind predictions.
                let isProbe = ["/livez", "/readyz", "/healthz"].contains(path)
                let isCoded = get.status == 200 && fields.contains("gzip") && !isProbe
                #expect(get["content-encoding"] == (isCoded ? "gzip" : nil))
            }
        }
        #expect(process.pid > 0)
    }

    @Test func optionsTellWhatAPathTakes() async throws {
        let (fixture, process) = try await serve()
        let connection = try connect(fixture)
        for (target, allowed) in [
            ("*", "GET, HEAD, POST, OPTIONS"), ("/predict", "POST, OPTIONS"),
            ("/metrics", "GET, HEAD, OPTIONS"), ("/models/m/predict", "POST, OPTIONS"),
        ] {
            let answer = try connection.answer(get(target, "", method: "OPTIONS"))
            #expect(answer.status == 204)
            #expect(answer["allow"] == allowed)
            #expect(answer["content-length"] == nil)
            #expect(answer["transfer-encoding"] == nil)
            let refused = try connection.answer(
                get(target == "*" ? "/nowhere" : target, "", method: "PUT"))
            #expect(refused.status == (target == "*" ? 404 : 405))
            #expect(refused["allow"] == (target == "*" ? nil : allowed))
        }
        #expect(process.pid > 0)
    }

    @Test func scrapesInTheFormatThatIsWanted() async throws {
        let (fixture, process) = try await serve()
        let connection = try connect(fixture)
        let openMetrics =
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3,*/*;q=0.1"
        for (fields, type) in [
            ("", "text/plain; version=0.0.4; charset=utf-8"),
            ("Accept: text/plain;version=0.0.4\r\n", "text/plain; version=0.0.4; charset=utf-8"),
            (
                "Accept: \(openMetrics)\r\n",
                "application/openmetrics-text; version=1.0.0; charset=utf-8"
            ),
        ] {
            for isCoded in [false, true] {
                let coding = isCoded ? "Accept-Encoding: gzip\r\n" : ""
                let answer = try connection.answer(get("/metrics", fields + coding))
                #expect(answer.status == 200)
                #expect(answer["content-type"] == type)
                #expect(answer["vary"] == "Accept, Accept-Encoding")
                #expect(answer["content-encoding"] == (isCoded ? "gzip" : nil))
                let bytes = isCoded ? try Gzip.decompress(answer.body) : answer.body
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(text.contains("\nmodel_loaded{model=\"m\",version=\"1\"} 1"))
                #expect(text.hasSuffix("\n# EOF\n") == type.contains("openmetrics"))
                #expect(text.hasSuffix("\n"))
            }
        }
        #expect(try connection.answer(get("/metrics", "Accept: image/png\r\n")).status == 406)
        #expect(process.pid > 0)
    }

    // MARK: Out of memory

    private static let compiler = "/usr/bin/cc"
    private static let source =
        URL(filePath: #filePath).deletingLastPathComponent().path
        + "/ZlibExhaustion.c"

    /// No memory at all, or enough for zlib to begin and not for its window.
    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: compiler), "needs \(compiler)"),
        arguments: ["0", "10000"])
    func zlibWithoutMemoryIsNoFaultOfTheClients(_ byteCountMax: String) async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let library = "\(fixture.folder)/exhaustion.so"
        let build = try Process(
            Self.compiler, ["-shared", "-fPIC", "-O2", "-o", library, Self.source],
            output: "\(fixture.folder)/cc.log", environment: ["PATH": "/usr/bin:/bin"])
        try #require(build.wait() == 0)
        let process = try await fixture.serve(
            environment: ["LD_PRELOAD": library, "ZLIB_BYTES_MAX": byteCountMax])
        let connection = try connect(fixture)
        let body = Array("{\"features\":\(Self.row)}".utf8)
        // Contents that do not fit the room for them at first.
        let long = body + [UInt8](repeating: 0x20, count: 50_000)
        let refused = try connection.answer(
            post(try Gzip.compress(long), "Content-Encoding: gzip\r\n"))
        #expect(refused.status == 503)
        #expect(refused.slug == "out-of-memory")
        #expect(refused["retry-after"] == "1")
        #expect(refused["connection"] == nil)
        // An answer that cannot be coded is sent as it is.
        let answer = try connection.answer(get("/metrics", "Accept-Encoding: gzip\r\n"))
        #expect(answer.status == 200)
        #expect(answer["content-encoding"] == nil)
        #expect(answer.text.contains("model_loaded"))
        #expect(try connection.answer(post(body, "")).status == 200)
        #expect(process.pid > 0)
    }

    /// The most memory that the process has ever held.
    private func peakKilobytes(_ process: Process) throws -> Int {
        let status = try ServiceFixture.contents("/proc/\(process.pid)/status")
        let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.filter(\.isNumber)))
    }
}
