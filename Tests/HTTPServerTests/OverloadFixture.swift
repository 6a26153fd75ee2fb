// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP1
import HTTPServer
import Synchronization
import TLSTesting
import Telemetry
import Testing

/// A server with an access log, for tests of what it does when there is too much of something.
///
/// `/echo` answers the body; `/probe` answers in the reserve too; `/fault` is a 500 whose log
/// quotes the client's `X-Request-Id`; `/work` takes as many milliseconds on the compute queue as
/// its body says, and was predicted to; with `X-Request-Timeout-Ms` it has a deadline. `/room` says
/// whether there would be room for as much.
final class OverloadFixture {
    static let routes = ["unmatched", "/echo", "/probe", "/fault", "/work"]

    let server: HTTPServer<Int>
    let metrics: MetricsRegistry
    let port: UInt16
    let sink: LogSink
    /// How much work has been begun.
    let begunCount: Count
    private let log: Int32

    /// - Parameter log: the log's descriptor, which is closed in the end; `nil` for a file without
    ///   a name.
    init(
        log: Int32? = nil, _ change: (inout HTTPServerConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = HTTPServerConfiguration(
            address: try SocketAddress("127.0.0.1:0"), loopCount: 1)
        configuration.accessLogShare = 1
        change(&configuration)
        let log = log ?? Self.temporaryFile()
        try #require(log >= 0)
        self.log = log
        sink = LogSink(descriptor: log)
        metrics = MetricsRegistry(loopCount: configuration.loopCount)
        let begunCount = Count()
        self.begunCount = begunCount
        server = try HTTPServer<Int>(
            configuration: configuration,
            instruments: HTTPInstruments(registry: metrics, routes: Self.routes), accessLog: sink
        ) { _ in
            HTTPApplication(
                respond: { Self.respond($0, $1, $2, &$3, begunCount) }, receive: { _ in })
        }
        port = try server.start().port
    }

    deinit {
        close(log)
    }

    private static func temporaryFile() -> Int32 {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        if descriptor >= 0 { unlink(template) }
        return descriptor
    }

    private static func respond(
        _ request: borrowing HTTPRequest, _ bytes: Span<UInt8>,
        _ context: HTTPRequestContext, _ response: inout HTTPResponse,
        _ begunCount: Count
    ) -> HTTPDisposition {
        let body = copy(request.body, of: bytes)
        let path = String(decoding: copy(request.path, of: bytes), as: UTF8.self)
        response.route = routes.firstIndex(of: path) ?? 0
        if context.isLogged { response.log.append("name", path) }
        if context.isInReserve, path != "/probe" {
            response.status = .serviceUnavailable
            response.closesConnection = true
            return .answered
        }
        switch path {
        case "/fault":
            response.status = .internalServerError
            if let id = request[.xRequestID] {
                response.log.append("id", bytes.extracting(id))
            }
        case "/work":
            let milliseconds = Int(String(decoding: body, as: UTF8.self)) ?? 0
            var deadline: UInt64?
            if case .milliseconds(let allowed) = RequestTimeout(request, in: bytes) {
                deadline = context.nanoseconds + UInt64(allowed) * 1_000_000
            }
            return .deferred(work(milliseconds, deadline, begunCount))
        case "/more":
            // Predicted as 10 ms.
            let milliseconds = Int(String(decoding: body, as: UTF8.self)) ?? 0
            let more = work(milliseconds, nil, begunCount)
            return .deferred(
                HTTPWork(
                    predictedNanoseconds: 10e6, deadlineNanoseconds: nil,
                    run: { _ in .deferred(more) }, refuse: more.refuse))
        case "/room":
            let milliseconds = Double(String(decoding: body, as: UTF8.self)) ?? 0
            if let seconds = context.retryAfterSeconds(milliseconds * 1e6) {
                response.status = .tooManyRequests
                response.appendField("Retry-After", seconds)
            }
        default: response.body = body
        }
        return .answered
    }

    private static func copy(_ range: Range<Int>, of bytes: Span<UInt8>) -> [UInt8] {
        var copy: [UInt8] = []
        for index in range { copy.append(bytes[index]) }
        return copy
    }

    private static func work(
        _ milliseconds: Int, _ deadline: UInt64?, _ begunCount: Count
    ) -> HTTPWork {
        HTTPWork(
            predictedNanoseconds: Double(milliseconds) * 1e6, deadlineNanoseconds: deadline
        ) { response in
            begunCount.add()
            usleep(UInt32(milliseconds) * 1000)
            response.body = Array("done".utf8)
            return .answered
        } refuse: { refusal, response in
            switch refusal {
            case .overloaded(let seconds):
                response.status = .tooManyRequests
                response.appendField("Retry-After", "\(seconds)")
            case .expired: response.status = .gatewayTimeout
            }
        }
    }

    func client() throws -> Client { try #require(Client(port: port, of: server)) }

    static func post(_ path: String, _ body: String, _ fields: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    func scrape() -> String {
        var output: [UInt8] = []
        TextExposition.prometheus.append(metrics, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Waits until the metrics hold `line`, for up to five seconds or what a sanitizer makes of it.
    func waits(for line: String) -> Bool { Self.waits { scrape().contains(line + "\n") } }

    static func waits(_ condition: () -> Bool) -> Bool {
        for _ in 0..<500 * Sanitizer.patience {
            if condition() { return true }
            usleep(10_000)
        }
        return false
    }

    /// The access log, once it has so many lines or five seconds have passed.
    func lines(_ count: Int) -> [String] {
        var lines: [String] = []
        _ = Self.waits {
            sink.flush()
            var bytes = [UInt8](repeating: 0, count: 1_048_576)
            let byteCount = pread(log, &bytes, bytes.count, 0)
            lines = String(decoding: bytes[..<max(0, byteCount)], as: UTF8.self)
                .split(separator: "\n").map(String.init)
            return lines.count >= count
        }
        return lines
    }
}

/// A number that closures share.
final class Count: Sendable {
    private let value = Atomic<Int>(0)

    var current: Int { value.load(ordering: .relaxed) }

    func add() { value.add(1, ordering: .relaxed) }
}
