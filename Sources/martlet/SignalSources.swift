// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc

/// Signals that the process handles instead of ending by them, from the moment this is made.
///
/// They are blocked, in this thread and in those that it starts, so that one that comes early waits
/// for its source: Dispatch puts that in place some time after its activation. Setting them to be
/// ignored meanwhile would lose it.
struct SignalSources {
    private let sources: [any DispatchSourceSignal]

    /// To be made in the main thread. Those of Dispatch block all signals in any case.
    ///
    /// - Parameter handle: called with a signal's number, one at a time, while the main thread may
    ///   still be starting.
    init(_ numbers: [Int32], handle: @escaping @Sendable (Int32) -> Void) {
        var blocked = sigset_t()
        sigemptyset(&blocked)
        for number in numbers { sigaddset(&blocked, number) }
        pthread_sigmask(SIG_BLOCK, &blocked, nil)
        let queue = DispatchQueue(label: "martlet.signals")
        sources = numbers.map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { handle(number) }
            source.activate()
            return source
        }
    }
}
