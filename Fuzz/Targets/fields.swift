// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// Field values that the service reads: Accept, Accept-Encoding, Content-Type, Content-Encoding,
/// the timeouts and traceparent. The case of letters and the white space of lists mean nothing.
@c(LLVMFuzzerTestOneInput)
func fuzzFields(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let value = ExactBytes.input(data, count)
    // It would be several lines.
    if value.contains(0x0D) || value.contains(0x0A) { return 0 }
    guard let reading = FieldReading(value) else { return 0 }
    guard let upper = FieldReading(value.map { 0x61...0x7A ~= $0 ? $0 - 0x20 : $0 }) else {
        check(false, "capitals are refused")
        return 0
    }
    check(reading.coding == upper.coding, "Content-Encoding by case")
    check(reading.acceptedCoding == upper.acceptedCoding, "Accept-Encoding by case")
    check(reading.acceptsJSON == upper.acceptsJSON, "Accept by case")
    check(reading.prefersOpenMetrics == upper.prefersOpenMetrics, "Accept of metrics by case")
    check(reading.isJSON == upper.isJSON, "Content-Type by case")
    check(reading.seconds == upper.seconds, "Request-Timeout by case")
    if !value.contains(0x22) {
        let spaced = value.flatMap { [0x2C, 0x3B].contains($0) ? [0x20, $0, 0x09] : [$0] }
        if let other = FieldReading(spaced) {
            check(reading.acceptedCoding == other.acceptedCoding, "Accept-Encoding by space")
            check(reading.acceptsJSON == other.acceptsJSON, "Accept by space")
        }
    }
    if case .milliseconds(let limit) = reading.milliseconds {
        check(0...999_999_999 ~= limit, "a timeout out of range")
        check(reading.seconds == .milliseconds(limit * 1000), "seconds are no milliseconds")
    }
    return 0
}

/// All that the readers make of one value.
private struct FieldReading {
    let coding: ContentCoding
    let acceptedCoding: AcceptedCoding
    let acceptsJSON: Bool
    let prefersOpenMetrics: Bool
    let isJSON: Bool
    let seconds: RequestTimeout
    let milliseconds: RequestTimeout

    /// `nil` when the parser refuses the value.
    init?(_ value: [UInt8]) {
        let names = [
            "Accept", "Accept-Encoding", "Content-Type", "Content-Encoding", "traceparent",
        ]
        guard let message = Self.message(value, names + ["Request-Timeout"]),
            let other = Self.message(value, ["X-Request-Timeout-Ms"])
        else { return nil }
        let exact = ExactBytes(message.bytes)
        let bytes = UnsafeBufferPointer(exact.bytes).span
        let request = message.request
        coding = ContentCoding(request, in: bytes)
        acceptedCoding = AcceptedCoding(request, in: bytes)
        let accept = request[.accept] ?? 0..<0
        acceptsJSON = MediaType.accepts("application", "json", accept, in: bytes)
        prefersOpenMetrics = MediaType.prefersOpenMetrics(accept, in: bytes)
        isJSON = MediaType.isJSON(request[.contentType] ?? 0..<0, in: bytes)
        seconds = RequestTimeout(request, in: bytes)
        let otherExact = ExactBytes(other.bytes)
        milliseconds = RequestTimeout(
            other.request, in: UnsafeBufferPointer(otherExact.bytes).span)
        checkTrace(message.bytes[request[.traceparent] ?? 0..<0])
    }

    private static func message(
        _ value: [UInt8], _ names: [String]
    ) -> (request: HTTPRequest, bytes: [UInt8])? {
        var bytes = Array("GET / HTTP/1.0\r\n".utf8)
        for name in names { bytes += Array("\(name): ".utf8) + value + [0x0D, 0x0A] }
        bytes += [0x0D, 0x0A]
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var span = bytes.mutableSpan
        guard (try? parser.parse(&span)) == true else { return nil }
        return (parser.request, bytes)
    }
}

/// What is taken for a trace context can be written again as it came.
private func checkTrace(_ value: ArraySlice<UInt8>) {
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
