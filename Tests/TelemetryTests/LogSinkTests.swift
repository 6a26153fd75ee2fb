// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import Telemetry
import Testing

struct LogSinkTests {
    /// A pipe whose writing end does not wait.
    private func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        for end in ends { try #require(fcntl(end, F_SETFL, O_NONBLOCK) == 0) }
        return (ends[0], ends[1])
    }

    private func contents(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(descriptor, &block, block.count), count > 0 {
            bytes += block[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func line(_ letter: Character, byteCount: Int = 100) -> [UInt8] {
        Array((String(repeating: letter, count: byteCount - 1) + "\n").utf8)
    }

    @Test func writesInOrderWithoutBeingAsked() throws {
        let ends = try pipe()
        defer { for end in [ends.read, ends.write] { close(end) } }
        let sink = LogSink(descriptor: ends.write)
        var expected = ""
        for index in 0..<200 {
            sink.append(Array("line \(index)\n".utf8), lineCount: 1)
            expected += "line \(index)\n"
        }
        var text = ""
        for _ in 0..<5000 where text.utf8.count < expected.utf8.count {
            text += contents(ends.read)
            usleep(2000)
        }
        #expect(text == expected)
        #expect(sink.droppedLineCount == 0)
    }

    /// What ends the wait for more lines: one that is urgent, enough of them, or `flush`.
    @Test(arguments: ["urgent", "enough", "flush"])
    func collectsLinesUntilThereIsAReasonToWrite(_ reason: String) throws {
        let ends = try pipe()
        defer { for end in [ends.read, ends.write] { close(end) } }
        // The writer waits for its reader: nothing is to be dropped.
        try #require(fcntl(ends.write, F_SETFL, 0) == 0)
        let sink = LogSink(descriptor: ends.write, collectingMilliseconds: 30_000)
        var expected: [UInt8] = []
        func append(_ lines: [UInt8], _ lineCount: Int, isUrgent: Bool = false) {
            expected += lines
            sink.append(lines, lineCount: lineCount, isUrgent: isUrgent)
        }
        for _ in 0..<3 {
            append(line("a") + line("b"), 2)
            usleep(20_000)
            append(line("c"), 1)
            usleep(20_000)
            #expect(contents(ends.read) == "")
            switch reason {
            case "urgent": append(line("d"), 1, isUrgent: true)
            case "enough": append((0..<3000).flatMap { _ in line("d") }, 3000)
            default:
                let hasFlushed = sink.flush()
                #expect(hasFlushed)
            }
            var text = ""
            for _ in 0..<500 where text.utf8.count < expected.count {
                text += contents(ends.read)
                usleep(2000)
            }
            #expect(text.utf8.elementsEqual(expected))
            expected = []
        }
        #expect(sink.droppedLineCount == 0)
    }

    /// Many threads at once, whose lines are urgent now and then: the writer is told of each batch
    /// once, and misses none.
    @Test func writesWhatManyThreadsAppend() throws {
        let ends = try pipe()
        defer { for end in [ends.read, ends.write] { close(end) } }
        // The writer waits for its reader: nothing is to be dropped.
        try #require(fcntl(ends.write, F_SETFL, 0) == 0)
        let sink = LogSink(descriptor: ends.write, collectingMilliseconds: 1)
        let bytes = line("a")
        var byteCount = 0
        for _ in 0..<50 {
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                for index in 0..<20 {
                    sink.append(bytes, lineCount: 1, isUrgent: (index + thread) % 3 == 0)
                }
            }
            byteCount += contents(ends.read).utf8.count
        }
        for _ in 0..<500 where byteCount < 50 * 80 * bytes.count {
            usleep(2000)
            byteCount += contents(ends.read).utf8.count
        }
        #expect(byteCount == 50 * 80 * bytes.count)
        #expect(sink.droppedLineCount == 0)
    }

    @Test func takesAllLinesOrNone() throws {
        let ends = try pipe()
        defer { for end in [ends.read, ends.write] { close(end) } }
        let sink = LogSink(descriptor: ends.write, pendingBytesMax: 250)
        sink.append(line("a") + line("b") + line("c"), lineCount: 3)
        sink.append(line("d") + line("e"), lineCount: 2)
        sink.flush()
        #expect(contents(ends.read).utf8.count == 200)
        #expect(sink.droppedLineCount == 3)
    }

    /// A pipe that is full and that nobody reads: whoever ends the program does not wait for it.
    @Test func givesUpOnAReaderThatIsStuck() throws {
        let ends = try pipe()
        defer { for end in [ends.read, ends.write] { close(end) } }
        try #require(fcntl(ends.write, F_SETFL, 0) == 0)
        let sink = LogSink(descriptor: ends.write)
        let lines = (0..<3000).flatMap { _ in line("a") }
        sink.append(lines, lineCount: 3000)
        let hasFlushed = sink.flush(milliseconds: 50)
        #expect(!hasFlushed)
        // The reader comes back: nothing is lost.
        var byteCount = 0
        for _ in 0..<5000 where byteCount < lines.count {
            byteCount += contents(ends.read).utf8.count
            usleep(2000)
        }
        #expect(byteCount == lines.count)
        let hasFlushedAtLast = sink.flush()
        #expect(hasFlushedAtLast)
        #expect(sink.droppedLineCount == 0)
    }

    /// A device that is full takes nothing; every line is counted and nobody is kept waiting.
    @Test func countsWhatAFullDiskDoesNotTake() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        let sink = LogSink(descriptor: full)
        for _ in 0..<50 {
            sink.append(line("x") + line("y"), lineCount: 2)
            sink.flush()
        }
        #expect(sink.droppedLineCount == 100)
    }

    /// What was cut off stands alone on its line, and the lines after it are whole.
    @Test func beginsANewLineAfterOneThatWasCutOff() throws {
        let ends = try pipe()
        defer { for end in [ends.read, ends.write] { close(end) } }
        let sink = LogSink(descriptor: ends.write)
        // More than the pipe holds, in lines whose length does not divide what it holds.
        let lineCount = 2000
        sink.append(
            (0..<lineCount).flatMap { _ in line("a", byteCount: 101) }, lineCount: lineCount)
        sink.flush()
        let first = contents(ends.read)
        let wholeCount = first.utf8.count / 101
        #expect(first.utf8.count % 101 != 0)
        #expect(sink.droppedLineCount == lineCount - wholeCount)
        sink.append(line("b"), lineCount: 1)
        sink.flush()
        #expect(contents(ends.read) == "\n" + String(decoding: line("b"), as: UTF8.self))
        sink.append(line("c"), lineCount: 1)
        sink.flush()
        #expect(contents(ends.read).utf8.elementsEqual(line("c")))
        #expect(sink.droppedLineCount == lineCount - wholeCount)
    }
}
