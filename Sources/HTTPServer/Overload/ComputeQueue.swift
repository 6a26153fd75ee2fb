// SPDX-License-Identifier: Apache-2.0
import Dispatch
import HTTP1
import Synchronization
import Telemetry

/// Where responses are made that would hold a loop up: first come, first served, by as many workers
/// as there are cores, within the bound of `Admission`.
final class ComputeQueue: Sendable {
    /// The loop's hold on work that it has handed over.
    final class Ticket: Sendable {
        private let state = Atomic<UInt8>(0)

        /// The connection is gone: nobody can be answered.
        func cancel() { state.store(2, ordering: .relaxed) }

        /// The client has closed its side, which some do to say that all is said, and most when
        /// they have given up.
        func clientHasEnded() {
            _ = state.compareExchange(expected: 0, desired: 1, ordering: .relaxed)
        }

        func isWorthDoing(underPressure: Bool) -> Bool {
            let state = state.load(ordering: .relaxed)
            return state == 0 || state == 1 && !underPressure
        }
    }

    /// Of all workers, so that a second of it passes in half a second where there are two.
    struct Load {
        var inFlightSeconds = 0.0
        var limitSeconds = 0.0
    }

    private struct Item {
        let work: HTTPWork
        let cost: Double
        let ticket: Ticket
        let response: HTTPResponse
        /// Takes the response; `nil` when the work was dropped as nobody waits for it.
        let completion: @Sendable (HTTPResponse?) -> Void
    }

    private struct State {
        var admission: Admission
        var items: [Item] = []
        var first = 0
        var runningCount = 0
    }

    private let state: Mutex<State>
    private let workerCount: Int
    private let instruments: HTTPInstruments
    private let queue = DispatchQueue(
        label: "martlet.compute", qos: .userInitiated, attributes: .concurrent)
    /// For what must not wait behind predictions, such as a scrape.
    private let express = DispatchQueue(label: "martlet.express", qos: .userInteractive)
    /// For what may wait for a file.
    private let waiting = DispatchQueue(label: "martlet.waiting", qos: .userInitiated)

    init(millisecondsMax: Int, workerCount: Int, instruments: HTTPInstruments) {
        self.workerCount = workerCount
        self.instruments = instruments
        state = Mutex(
            State(
                admission: Admission(
                    millisecondsMax: millisecondsMax, workerCount: workerCount)))
    }

    /// When work of so many predicted nanoseconds is to come again; `nil` if there is room now.
    /// Counts what is turned away, and keeps no room for what is not.
    func retryAfterSeconds(predictedNanoseconds: Double) -> Int? {
        let seconds = state.withLock {
            $0.admission.retryAfterSeconds(predictedNanoseconds: predictedNanoseconds)
        }
        if seconds != nil { instruments.shedByOverload.add() }
        return seconds
    }

    /// Whether so much waits that what comes is likely to be refused.
    var isUnderPressure: Bool { state.withLock { $0.admission.isUnderPressure } }

    var load: Load {
        state.withLock {
            Load(
                inFlightSeconds: $0.admission.load / 1e9,
                limitSeconds: $0.admission.loadMax / 1e9)
        }
    }

    /// Makes a response some time soon, going on with `response`.
    ///
    /// - Returns: the finished response if there is no room for the work; `completion` is then not
    ///   called.
    func submit(
        _ work: HTTPWork, _ ticket: Ticket, _ response: consuming HTTPResponse,
        completion: @escaping @Sendable (HTTPResponse?) -> Void
    ) -> HTTPResponse? {
        guard let predicted = work.predictedNanoseconds else {
            let begun = response
            (work.mayWait ? waiting : express).async {
                var response = begun
                _ = work.run(&response)
                completion(response)
            }
            return nil
        }
        var refusal: HTTPWork.Refusal?
        let begun = response
        let needsWorker = state.withLock { state -> Bool in
            switch state.admission.admit(predictedNanoseconds: predicted) {
            case .refuse(let seconds):
                refusal = .overloaded(retryAfterSeconds: seconds)
                return false
            case .admit(let cost):
                state.items.append(
                    Item(
                        work: work, cost: cost, ticket: ticket, response: begun,
                        completion: completion))
                guard state.runningCount < workerCount else { return false }
                state.runningCount += 1
                return true
            }
        }
        if let refusal {
            instruments.shedByOverload.add()
            var refused = begun
            work.refuse(refusal, &refused)
            return refused
        }
        if needsWorker { queue.async { self.work() } }
        return nil
    }

    /// One worker: goes on until nothing waits.
    private func work() {
        while let (item, isUnderPressure) = takeFirst() {
            var run = Run(work: item.work, cost: item.cost, outcome: .dropped)
            var response: HTTPResponse? = item.response
            if !item.ticket.isWorthDoing(underPressure: isUnderPressure) {
                instruments.shedAsGone.add()
                response = nil
            } else if let deadline = item.work.deadlineNanoseconds,
                MonotonicClock.nanoseconds() >= deadline
            {
                instruments.shedAsExpired.add()
                var expired = item.response
                item.work.refuse(.expired, &expired)
                response = expired
            } else {
                var made = item.response
                finish(&run, &made)
                response = made
            }
            // Before the client knows: what it asks next finds the room that this has left.
            state.withLock {
                $0.admission.finish(
                    cost: run.cost, predictedNanoseconds: run.work.predictedNanoseconds ?? 0,
                    run.outcome)
            }
            item.completion(response)
        }
    }

    /// Work that a worker does.
    private struct Run {
        var work: HTTPWork
        /// Of the room that it has.
        var cost: Double
        var outcome: Admission.Outcome
    }

    /// Makes the response. Work that turns out to be other than it was let in as is let in anew, on
    /// the same worker, or refused.
    private func finish(_ run: inout Run, _ response: inout HTTPResponse) {
        while true {
            let start = MonotonicClock.nanoseconds()
            guard case .deferred(let more) = run.work.run(&response) else {
                run.outcome = .answered(
                    response.status, nanoseconds: Double(MonotonicClock.nanoseconds() - start))
                return
            }
            let verdict = state.withLock {
                $0.admission.readmit(
                    cost: run.cost, predictedNanoseconds: more.predictedNanoseconds ?? 0)
            }
            run.work = more
            switch verdict {
            case .admit(let cost): run.cost = cost
            case .refuse(let seconds):
                run.cost = 0
                instruments.shedByOverload.add()
                more.refuse(.overloaded(retryAfterSeconds: seconds), &response)
                return
            }
        }
    }

    /// The item that waits longest, and whether much more does; `nil` ends the worker.
    private func takeFirst() -> (Item, Bool)? {
        state.withLock { state in
            guard state.first < state.items.count else {
                state.items.removeAll(keepingCapacity: state.items.capacity <= 1024)
                state.first = 0
                state.runningCount -= 1
                return nil
            }
            let item = state.items[state.first]
            state.first += 1
            if state.first >= 1024 {
                state.items.removeFirst(state.first)
                state.first = 0
            }
            return (item, state.admission.isUnderPressure)
        }
    }
}
