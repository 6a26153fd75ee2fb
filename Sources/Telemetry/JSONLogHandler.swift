// SPDX-License-Identifier: Apache-2.0
import Glibc
package import Logging

/// Writes one JSON object for each log line.
///
/// `ts` (RFC 3339, UTC, microseconds), `level`, `msg`, then the metadata as further members. Every
/// control byte is escaped, so that no value can forge a line.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let sink: LogSink

    package init(sink: LogSink, level: Logger.Level = .info) {
        self.sink = sink
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line: [UInt8] = Array("{\"ts\":\"".utf8)
        Self.appendTimestamp(to: &line)
        line += "\",\"level\":\"\(event.level.rawValue)\",\"msg\":".utf8
        Self.append("\(event.message)", to: &line)
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (name, value) in all.sorted(by: { $0.key < $1.key }) {
            line += ",".utf8
            Self.append(name, to: &line)
            line += ":".utf8
            Self.append("\(value)", to: &line)
        }
        line += "}\n".utf8
        sink.append(line, lineCount: 1, isUrgent: true)
    }

    static func append(_ text: String, to line: inout [UInt8]) {
        line.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C: line += [0x5C, byte]
            case 0..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                line += "\\u00\(digits.count == 1 ? "0" : "")\(digits)".utf8
            default: line.append(byte)
            }
        }
        line.append(0x22)
    }

    private static func appendTimestamp(to line: inout [UInt8]) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var timestamp = LogTimestamp()
        timestamp.set(unixMicroseconds: now.tv_sec * 1_000_000 + now.tv_nsec / 1000)
        for index in timestamp.text.indices { line.append(timestamp.text[index]) }
    }
}
