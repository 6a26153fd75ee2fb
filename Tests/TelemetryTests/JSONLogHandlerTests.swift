// SPDX-License-Identifier: Apache-2.0
import Glibc
import Logging
import Telemetry
import Testing

struct JSONLogHandlerTests {
    /// What a logger writes, read back through a pipe.
    private func lines(
        pendingBytesMax: Int = 65_536, _ log: (Logger) -> Void
    ) throws -> (text: String, dropped: Int) {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let sink = LogSink(descriptor: ends[1], pendingBytesMax: pendingBytesMax)
        log(Logger(label: "test") { _ in JSONLogHandler(sink: sink) })
        sink.flush()
        close(ends[1])
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while case let count = read(ends[0], &block, block.count), count > 0 {
            bytes += block[..<count]
        }
        close(ends[0])
        return (String(decoding: bytes, as: UTF8.self), sink.droppedLineCount)
    }

    @Test func writesOneObjectALine() throws {
        let (text, _) = try lines {
            $0.warning("odd \"x\"\nforged", metadata: ["b": "2", "a": "\u{1}"])
            $0.debug("unseen")
        }
        #expect(text.hasPrefix("{\"ts\":\"20"))
        #expect(
            text.hasSuffix(
                "Z\",\"level\":\"warning\",\"msg\":\"odd \\\"x\\\"\\u000aforged\","
                    + "\"a\":\"\\u0001\",\"b\":\"2\"}\n"))
        #expect(text.split(separator: "\n").count == 1)
    }

    @Test func dropsAndCountsWhatDoesNotFit() throws {
        let (text, dropped) = try lines(pendingBytesMax: 10) { $0.error("too long") }
        #expect(text.isEmpty)
        #expect(dropped == 1)
    }
}
