// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import Synchronization

/// Where log lines go: a bounded buffer that a background queue writes out.
///
/// Whoever logs never waits for a disk or a pipe. When the buffer is full a line is dropped and
/// counted.
package final class LogSink: Sendable {
    private struct State {
        var pending: [UInt8] = []
        var isScheduled = false
    }

    private let descriptor: Int32
    private let pendingBytesMax: Int
    private let state = Mutex(State())
    private let dropped = Atomic<Int>(0)
    private let queue = DispatchQueue(label: "martlet.log", qos: .utility)

    package init(descriptor: Int32 = STDERR_FILENO, pendingBytesMax: Int = 1_048_576) {
        self.descriptor = descriptor
        self.pendingBytesMax = pendingBytesMax
    }

    package var droppedLineCount: Int { dropped.load(ordering: .relaxed) }

    /// - Parameter line: one line with its line feed.
    package func append(_ line: [UInt8]) {
        let needsWriter = state.withLock { state -> Bool in
            guard state.pending.count + line.count <= pendingBytesMax else {
                dropped.wrappingAdd(1, ordering: .relaxed)
                return false
            }
            state.pending += line
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if needsWriter { queue.async { self.write() } }
    }

    /// Returns when all lines so far are written, or cannot be.
    package func flush() {
        queue.sync { write() }
    }

    private func write() {
        let lines = state.withLock { state -> [UInt8] in
            defer { state = State() }
            return state.pending
        }
        var start = 0
        while start < lines.count {
            let count = lines[start...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 {
                if errno == EINTR { continue }
                let lost = lines[start...].count { $0 == 0x0A }
                dropped.wrappingAdd(lost, ordering: .relaxed)
                return
            }
            start += count
        }
    }
}
