// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// Field values that the service reads: Accept, Accept-Encoding, Content-Type, Content-Encoding,
/// the timeouts and traceparent. The case of letters means nothing, nor do white space in lists and
/// the lines that they are split over.
@c(LLVMFuzzerTestOneInput)
func fuzzFields(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let value = ExactBytes.input(data, count)
    // It would be several lines.
    if value.contains(0x0D) || value.contains(0x0A) { return 0 }
    guard let reading = FieldReading([value]) else { return 0 }
    checkTrace(value)
    let upper = value.map { 0x61...0x7A ~= $0 ? $0 - 0x20 : $0 }
    check(FieldReading([upper]) == reading, "the case of letters matters")
    if !value.contains(0x22) {
        let spaced = value.flatMap { [0x2C, 0x3B].contains($0) ? [0x20, $0, 0x09] : [$0] }
        check(FieldReading([spaced])?.lists == reading.lists, "white space in a list matters")
        let lines = value.split(separator: 0x2C, maxSplits: 8, omittingEmptySubsequences: false)
        check(
            FieldReading(lines.map(Array.init))?.lists == reading.lists, "a list on lines differs")
    }
    if case .milliseconds(let limit) = reading.milliseconds {
        check(0...999_999_999 ~= limit, "a timeout out of range")
        check(reading.seconds == .milliseconds(limit * 1000), "seconds are no milliseconds")
    }
    return 0
}

/// All that the readers make of one value.
private struct FieldReading: Equatable {
    /// What fields that may come on several lines say.
    struct Lists: Equatable {
        let coding: AcceptedCoding
        let weights: [Int]
    }

    let lists: Lists
    var coding = ContentCoding.identity
    var isJSON = false
    var seconds = RequestTimeout.unlimited
    var milliseconds = RequestTimeout.unlimited

    /// Several lines are read of lists alone.
    ///
    /// `nil` when the parser refuses a line.
    init?(_ lines: [[UInt8]]) {
        guard let message = ParsedFields(["Accept", "Accept-Encoding"], lines) else { return nil }
        lists = message.read { request, bytes in
            Lists(
                coding: AcceptedCoding(request, in: bytes),
                weights: [.json, .problemJSON, .openMetrics, .prometheusText].map {
                    (type: HTTPResponse.ContentType) in
                    Accept.weight(of: type, for: request, in: bytes)
                })
        }
        for weight in lists.weights { check(0...1000 ~= weight, "a weight out of range") }
        guard lines.count == 1 else { return }
        guard
            let single = ParsedFields(
                ["Content-Type", "Content-Encoding", "Request-Timeout"], lines),
            let timeout = ParsedFields(["X-Request-Timeout-Ms"], lines)
        else { return nil }
        single.read { request, bytes in
            coding = ContentCoding(request, in: bytes)
            isJSON = MediaType.isJSON(request[.contentType] ?? 0..<0, in: bytes)
            seconds = RequestTimeout(request, in: bytes)
        }
        timeout.read { milliseconds = RequestTimeout($0, in: $1) }
    }
}

/// A request that has the same lines in several fields.
private struct ParsedFields {
    private let request: HTTPRequest
    private let bytes: [UInt8]

    init?(_ names: [String], _ lines: [[UInt8]]) {
        var bytes = Array("GET / HTTP/1.0\r\n".utf8)
        for name in names {
            for line in lines { bytes += Array("\(name): ".utf8) + line + [0x0D, 0x0A] }
        }
        bytes += [0x0D, 0x0A]
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var span = bytes.mutableSpan
        guard (try? parser.parse(&span)) == true else { return nil }
        request = parser.request
        self.bytes = bytes
    }

    func read<Reading>(_ body: (HTTPRequest, Span<UInt8>) -> Reading) -> Reading {
        let exact = ExactBytes(bytes)
        return body(request, UnsafeBufferPointer(exact.bytes).span)
    }
}

/// What is taken for a trace context can be written again as it came.
private func checkTrace(_ value: [UInt8]) {
    let exact = ExactBytes(value)
    let bytes = UnsafeBufferPointer(exact.bytes).span
    guard let trace = TraceParent(0..<bytes.count, in: bytes) else { return }
    func digits(_ number: UInt64, _ count: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: count - text.count) + text
    }
    let text =
        "-\(trace.traceID.text)-\(digits(trace.parentID, 16))-\(digits(UInt64(trace.flags), 2))"
    check(value.dropFirst(2).prefix(53).elementsEqual(text.utf8), "another trace context")
    check(value.prefix(2) != [0x66, 0x66], "version ff")
}
