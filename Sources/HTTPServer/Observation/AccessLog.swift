// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Telemetry

/// One loop's access log: a JSON object a line for each request, collected during a turn and then
/// handed to the sink at one go.
///
/// `ts` (RFC 3339, UTC, microseconds), `level`, `msg`, `route`, `method`, `status`, `duration_us`,
/// `bytes_in`, `bytes_out`, `remote`, then what the application adds. Of the request's own text
/// nothing is written: a route is its label, a method one of the known ones, and members escape
/// their values. Nothing is allocated once the buffer has grown.
struct AccessLog {
    struct Entry {
        /// `nil` if the message was refused before it had one.
        var method: HTTPMethod?
        /// Index of the route's label.
        var route = 0
        var status: HTTPStatus
        var durationNanoseconds: UInt64 = 0
        var byteCountIn: Int
        var byteCountOut: Int
        var client: ClientAddress
    }

    /// Room for everything but the route and the members.
    private static let fixedBytesMax = 320
    private static let bufferBytesMax = 65_536
    /// Anybody can fail a handshake as often as he likes; the metric counts them all.
    private static let handshakeLinesMax = 10

    private let sink: LogSink
    /// For each route: `","level":"info","msg":"request","route":"…","method":"`, and the same for
    /// a fault of the server, whose level is `warning`.
    private let usual: [[UInt8]]
    private let faults: [[UInt8]]
    private var sampling: Sampling
    private var lines: [UInt8] = []
    private var lineCount = 0
    /// Whether a fault is among the lines.
    private var isUrgent = false
    private var timestamp = LogTimestamp()
    /// The client of the line before, as text: behind a proxy they are few.
    private var client: ClientAddress?
    private var clientText: [UInt8] = []
    /// What is added to monotonic nanoseconds to make Unix time of them.
    private var unixOffsetNanoseconds = 0
    /// Handshakes that have a line since the clock was last set.
    private var handshakeLineCount = 0

    /// - Parameters:
    ///   - routes: labels, which hold nothing that JSON escapes.
    ///   - share: of the requests, 0 to 1.
    init(sink: LogSink, routes: [String], share: Double, loop: Int) {
        self.sink = sink
        func middles(_ level: String) -> [[UInt8]] {
            routes.map {
                Array(
                    ("\",\"level\":\"\(level)\",\"msg\":\"request\",\"route\":\"\($0)\","
                        + "\"method\":\"").utf8)
            }
        }
        usual = middles("info")
        faults = middles("warning")
        sampling = Sampling(share: share, seed: UInt64(loop))
        setClock()
    }

    /// Whether the request that comes now is to be logged whatever its status.
    mutating func takesNext() -> Bool { sampling.next() }

    /// Looks at the time of day, which may jump; between two looks, a second apart, the monotonic
    /// clock goes on.
    mutating func setClock() {
        handshakeLineCount = 0
        unixOffsetNanoseconds = MonotonicClock.unixOffsetNanoseconds()
    }

    /// - Parameter now: monotonic.
    mutating func append(
        _ entry: Entry, _ members: borrowing LogMembers, nanoseconds now: UInt64
    ) {
        set(entry.client, nanoseconds: now)
        let text = timestamp.text
        let remote = clientText
        let middle = entry.status.isServerError ? faults[entry.route] : usual[entry.route]
        let room = Self.fixedBytesMax + middle.count + members.bytes.count
        lines.append(addingCapacity: room) { line in
            line.append("{\"ts\":\"")
            line.append(text.span)
            line.append(middle.span)
            line.append(entry.method?.name ?? "_OTHER")
            line.append("\",\"status\":")
            line.append(decimal: entry.status.code)
            line.append(",\"duration_us\":")
            line.append(decimal: Int(truncatingIfNeeded: entry.durationNanoseconds / 1000))
            line.append(",\"bytes_in\":")
            line.append(decimal: entry.byteCountIn)
            line.append(",\"bytes_out\":")
            line.append(decimal: entry.byteCountOut)
            line.append(",\"remote\":\"")
            line.append(remote.span)
            line.append(0x22)
            line.append(members.bytes.span)
            line.append("}\n")
        }
        lineCount += 1
        if entry.status.isServerError { isUrgent = true }
        if lines.count > Self.bufferBytesMax { flush() }
    }

    /// A handshake that failed: whose, and why, whatever the share. There are no more than ten in a
    /// second.
    ///
    /// - Parameters:
    ///   - reason: the label of the metric that counts it.
    ///   - now: monotonic.
    mutating func append(
        handshakeFailure reason: String, of client: ClientAddress, nanoseconds now: UInt64
    ) {
        guard handshakeLineCount < Self.handshakeLinesMax else { return }
        handshakeLineCount += 1
        set(client, nanoseconds: now)
        let text = timestamp.text
        lines += "{\"ts\":\"".utf8
        for index in text.indices { lines.append(text[index]) }
        lines += "\",\"level\":\"warning\",\"msg\":\"handshake failed\",\"reason\":\"".utf8
        lines += reason.utf8
        lines += "\",\"remote\":\"".utf8
        lines += clientText
        lines += "\"}\n".utf8
        lineCount += 1
        isUrgent = true
    }

    private mutating func set(_ client: ClientAddress, nanoseconds now: UInt64) {
        timestamp.set(
            unixMicroseconds: max(0, Int(truncatingIfNeeded: now) &+ unixOffsetNanoseconds) / 1000)
        guard client != self.client else { return }
        self.client = client
        clientText.removeAll(keepingCapacity: true)
        clientText.append(addingCapacity: ClientAddress.textBytesMax) { client.append(to: &$0) }
    }

    /// Hands the lines over; the sink drops and counts them if it is full.
    mutating func flush() {
        guard lineCount > 0 else { return }
        sink.append(lines, lineCount: lineCount, isUrgent: isUrgent)
        lines.removeAll(keepingCapacity: true)
        lineCount = 0
        isUrgent = false
    }
}
