// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

/// Tells a receiver one thing after the other, in order, each again while that may help.
///
/// Whoever has something to tell does not wait. What finds no room takes the place of the oldest
/// that waits.
final class DeliveryQueue<Item: Sendable>: Sendable {
    /// What happened to an item.
    enum News: Sendable {
        case delivered
        /// It is tried again after so many milliseconds.
        case putOff(reason: String, milliseconds: Int)
        case givenUp(reason: String)
        /// It had to make room for another.
        case dropped
    }

    private struct State {
        var waiting: BoundedQueue<Item>
        var isDelivering = false
        var isClosed = false
    }

    private let send: @Sendable (Item) -> DeliveryOutcome
    private let tell: @Sendable (Item, News) -> Void
    private let state: Mutex<State>
    private let queue: DispatchQueue
    /// Entered while something waits to be delivered.
    private let deliveries = DispatchGroup()

    /// - Parameters:
    ///   - send: makes one attempt. Blocks.
    ///   - tell: hears what became of each item.
    init(
        label: String, countMax: Int, send: @escaping @Sendable (Item) -> DeliveryOutcome,
        tell: @escaping @Sendable (Item, News) -> Void
    ) {
        self.send = send
        self.tell = tell
        queue = DispatchQueue(label: label, qos: .utility)
        state = Mutex(State(waiting: BoundedQueue(countMax: countMax)))
    }

    /// Takes an item from any thread. Does not wait.
    func append(_ item: Item) {
        let (begins, dropped) = state.withLock { state -> (Bool, Item?) in
            guard !state.isClosed else { return (false, nil) }
            let dropped = state.waiting.append(item)
            let begins = !state.isDelivering
            if begins {
                state.isDelivering = true
                deliveries.enter()
            }
            return (begins, dropped)
        }
        if let dropped { tell(dropped, .dropped) }
        if begins { queue.async { self.deliverNext() } }
    }

    /// Takes no more.
    ///
    /// - Parameter milliseconds: for which what waits may still be delivered. Blocks as long.
    /// - Returns: how many items are left.
    func close(withinMilliseconds milliseconds: Int) -> Int {
        state.withLock { $0.isClosed = true }
        guard deliveries.wait(timeout: .now() + .milliseconds(milliseconds)) != .success else {
            return 0
        }
        return state.withLock { $0.waiting.count } + 1
    }

    private func deliverNext() {
        let next = state.withLock { state -> Item? in
            let next = state.waiting.next()
            if next == nil { state.isDelivering = false }
            return next
        }
        guard let next else { return deliveries.leave() }
        deliver(next, Retry())
    }

    private func deliver(_ item: Item, _ retry: Retry) {
        switch send(item) {
        case .delivered: tell(item, .delivered)
        case .refused(let reason): tell(item, .givenUp(reason: reason))
        case .failed(let reason, let askedSeconds):
            var retry = retry
            let delay = retry.failed(jitter: .random(in: 0...1), askedSeconds: askedSeconds)
            guard let delay else {
                tell(item, .givenUp(reason: reason))
                break
            }
            tell(item, .putOff(reason: reason, milliseconds: delay))
            queue.asyncAfter(deadline: .now() + .milliseconds(delay)) { [retry] in
                self.deliver(item, retry)
            }
            return
        }
        // Not a call from here, which would nest as deep as items wait.
        queue.async { self.deliverNext() }
    }
}
