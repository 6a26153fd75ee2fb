// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import Synchronization

/// Where log lines go: a bounded buffer that a background queue writes out.
///
/// Whoever logs never waits for a disk or a pipe. When the buffer is full, or the descriptor takes
/// nothing, lines are dropped and counted. Nothing is allocated once both buffers have grown.
package final class LogSink: Sendable {
    private struct State {
        /// Wakes the writer; unlike a block, that takes no memory.
        let wake: any DispatchSourceUserDataAdd
        var pending: [UInt8] = []
        /// The other buffer, while it is not being written out.
        var spare: [UInt8] = []
        var isScheduled = false
        /// Whether what was written last ended within a line.
        var isTorn = false
    }

    /// Room that a buffer keeps after a burst.
    private static let spareBytesMax = 1_048_576

    private let descriptor: Int32
    private let pendingBytesMax: Int
    private let state: Mutex<State>
    private let dropped = Atomic<Int>(0)
    private let queue = DispatchQueue(label: "martlet.log", qos: .utility)

    package init(descriptor: Int32 = STDERR_FILENO, pendingBytesMax: Int = 4 * 1_048_576) {
        self.descriptor = descriptor
        self.pendingBytesMax = pendingBytesMax
        state = Mutex(State(wake: DispatchSource.makeUserDataAddSource(queue: queue)))
        state.withLock {
            $0.wake.setEventHandler { [weak self] in self?.write() }
            $0.wake.activate()
        }
    }

    deinit {
        state.withLock { $0.wake.cancel() }
    }

    package var droppedLineCount: Int { dropped.load(ordering: .relaxed) }

    /// - Parameter lines: whole lines, each with its line feed; all are taken or none.
    package func append(_ lines: [UInt8], lineCount: Int) {
        state.withLock { state in
            guard state.pending.count + lines.count <= pendingBytesMax else {
                dropped.wrappingAdd(lineCount, ordering: .relaxed)
                return
            }
            state.pending += lines
            if !state.isScheduled { state.wake.add(data: 1) }
            state.isScheduled = true
        }
    }

    /// Waits until all lines so far are written, or cannot be, but for no longer than it is told:
    /// a pipe that nobody reads holds its writer for ever.
    ///
    /// - Returns: whether it came to that.
    @discardableResult
    package func flush(milliseconds: Int = 1000) -> Bool {
        let end = DispatchSemaphore(value: 0)
        queue.async { [self] in
            write()
            end.signal()
        }
        return end.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
    }

    private func write() {
        var lines: [UInt8] = []
        let wasTorn = state.withLock { state -> Bool in
            state.isScheduled = false
            swap(&lines, &state.pending)
            swap(&state.pending, &state.spare)
            return state.isTorn
        }
        guard !lines.isEmpty else { return }
        // What stands of a line that was cut off stays alone on its line.
        if wasTorn { lines.insert(0x0A, at: 0) }
        let isTorn = write(lines, wasTorn: wasTorn)
        if lines.capacity <= Self.spareBytesMax {
            lines.removeAll(keepingCapacity: true)
        } else {
            lines = []
        }
        state.withLock { state in
            state.isTorn = isTorn
            swap(&lines, &state.spare)
        }
    }

    /// Counts the lines that are lost.
    ///
    /// - Returns: whether the last one that was written is cut off.
    private func write(_ lines: [UInt8], wasTorn: Bool) -> Bool {
        var start = 0
        while start < lines.count {
            let count = lines.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + start }, lines.count - start)
            }
            if count < 0 {
                if errno == EINTR { continue }
                let ends = lines[start...].count { $0 == 0x0A }
                dropped.wrappingAdd(
                    wasTorn && start == 0 ? ends - 1 : ends, ordering: .relaxed)
                return start == 0 ? wasTorn : lines[start - 1] != 0x0A
            }
            start += count
        }
        return false
    }
}
