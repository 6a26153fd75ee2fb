// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc

/// A thread that runs only when the machine has nothing else to do (`SCHED_IDLE`), so that what it
/// computes moves no answer's latency.
final class ShadowThread: Sendable {
    /// `SCHED_IDLE`, which the C library only declares for GNU sources.
    private static let idlePolicy: Int32 = 5

    private let semaphore: DispatchSemaphore
    private let turn: @Sendable () -> Bool

    private init(_ semaphore: DispatchSemaphore, _ turn: @escaping @Sendable () -> Bool) {
        self.semaphore = semaphore
        self.turn = turn
    }

    /// - Parameter turn: runs after each signal of `semaphore`; the thread ends when it returns
    ///   `false`.
    static func start(
        _ semaphore: DispatchSemaphore, _ turn: @escaping @Sendable () -> Bool
    ) {
        let body = Unmanaged.passRetained(ShadowThread(semaphore, turn))
        var thread = pthread_t()
        let result = pthread_create(&thread, nil, runBody, body.toOpaque())
        if result == 0 { pthread_detach(thread) } else { body.release() }
    }

    private func run() {
        var parameters = sched_param()
        sched_setscheduler(0, Self.idlePolicy, &parameters)
        repeat { semaphore.wait() } while turn()
    }

    /// What the new thread begins with; the argument is the body, retained for it.
    private static let runBody:
        @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
            guard let argument else { return nil }
            Unmanaged<ShadowThread>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        }

    /// The processor time that this thread has had, in nanoseconds: what others take from it does
    /// not count.
    static var processorNanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
