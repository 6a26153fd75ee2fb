// SPDX-License-Identifier: Apache-2.0
import Dispatch

/// Runs an actor on a serial Dispatch queue, so that sources, timers and blocks of that queue are
/// isolated to it. (`DispatchSerialQueue` does this on Apple's platforms only.)
final class QueueExecutor: SerialExecutor {
    let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label, qos: .userInteractive)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
