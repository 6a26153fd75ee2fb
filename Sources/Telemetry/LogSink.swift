// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import Synchronization

/// Where log lines go: a bounded buffer that a background queue writes out.
///
/// What is not urgent is written when there is a good deal of it, or a few milliseconds after the
/// first line came: to wake the writer, to switch to it, and to call the kernel cost as much for
/// one line as for hundreds.
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
        /// Whether there is something to write that has no time.
        var isUrgent = false
        /// Whether the writer waits for more lines. Who ends that signals it, once.
        var isCollecting = false
        /// Whether what was written last ended within a line.
        var isTorn = false
    }

    /// Room that a buffer keeps after a burst.
    private static let spareBytesMax = 1_048_576
    /// How much is written at once although more may come.
    private static let batchBytes = 262_144

    private let descriptor: Int32
    private let pendingBytesMax: Int
    private let collectingMilliseconds: Int
    private let state: Mutex<State>
    private let dropped = Atomic<Int>(0)
    private let collected = DispatchSemaphore(value: 0)
    private let queue = DispatchQueue(label: "martlet.log", qos: .utility)

    /// - Parameter collectingMilliseconds: how long a line may wait for others.
    package init(
        descriptor: Int32 = STDERR_FILENO, pendingBytesMax: Int = 4 * 1_048_576,
        collectingMilliseconds: Int = 5
    ) {
        self.descriptor = descriptor
        self.pendingBytesMax = pendingBytesMax
        self.collectingMilliseconds = collectingMilliseconds
        state = Mutex(State(wake: DispatchSource.makeUserDataAddSource(queue: queue)))
        state.withLock {
            $0.wake.setEventHandler { [weak self] in
                guard let self else { return }
                collect()
                write()
            }
            $0.wake.activate()
        }
    }

    deinit {
        state.withLock { $0.wake.cancel() }
    }

    package var droppedLineCount: Int { dropped.load(ordering: .relaxed) }

    /// - Parameters:
    ///   - lines: whole lines, each with its line feed; all are taken or none.
    ///   - isUrgent: whether they are written now, and not with those that come soon.
    package func append(_ lines: [UInt8], lineCount: Int, isUrgent: Bool = false) {
        let endsCollecting = state.withLock { state -> Bool in
            guard state.pending.count + lines.count <= pendingBytesMax else {
                dropped.wrappingAdd(lineCount, ordering: .relaxed)
                return false
            }
            state.pending += lines
            if !state.isScheduled { state.wake.add(data: 1) }
            state.isScheduled = true
            if isUrgent { state.isUrgent = true }
            return Self.takesCollecting(&state)
        }
        if endsCollecting { collected.signal() }
    }

    /// Whether the writer is to be told that there is enough.
    private static func takesCollecting(_ state: inout State) -> Bool {
        guard state.isCollecting, state.isUrgent || state.pending.count >= batchBytes else {
            return false
        }
        state.isCollecting = false
        return true
    }

    /// Waits, on the writer's queue, for lines to come together.
    private func collect() {
        let isWaiting = state.withLock { state -> Bool in
            state.isCollecting = !state.isUrgent && state.pending.count < Self.batchBytes
            return state.isCollecting
        }
        guard isWaiting else { return }
        let end = DispatchTime.now() + .milliseconds(collectingMilliseconds)
        if collected.wait(timeout: end) == .success { return }
        let isSignalled = state.withLock { state -> Bool in
            defer { state.isCollecting = false }
            return !state.isCollecting
        }
        // Somebody has just told, too late: the signal must not be taken for a later one.
        if isSignalled { collected.wait() }
    }

    /// Waits until all lines so far are written, or cannot be, but for no longer than it is told:
    /// a pipe that nobody reads holds its writer for ever.
    ///
    /// - Returns: whether it came to that.
    @discardableResult
    package func flush(milliseconds: Int = 1000) -> Bool {
        let end = DispatchSemaphore(value: 0)
        let endsCollecting = state.withLock { state -> Bool in
            state.isUrgent = true
            return Self.takesCollecting(&state)
        }
        if endsCollecting { collected.signal() }
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
            state.isUrgent = false
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
