// SPDX-License-Identifier: Apache-2.0
import Feedback
import Synchronization

/// Predictions that are to wait for labels, on their way from the loops to the store: so many a
/// second at most, by the order in which they came, and the rest are not kept.
package final class PredictionLog: Sendable {
    /// Why a prediction is not kept.
    enum DropReason: String, CaseIterable {
        /// There were too many in a second.
        case rate
        /// What writes them down has not come to those before them.
        case room
        /// The store could not take them.
        case store
    }

    static let countMax = 16_384

    /// Names of the features that may be kept with a prediction.
    let features: Set<String>
    private let ratePerSecondMax: Int
    private let tokens: Atomic<Int>
    private let ofLoops = Mutex<[LoggedPrediction]>([])
    private let overRate = Atomic<Int>(0)
    private let withoutRoom = Atomic<Int>(0)
    private let atFault = Atomic<Int>(0)
    /// Apart, as the thread of the copies may hold it and not be running.
    private let ofCopies = Mutex<[LoggedPrediction]>([])

    /// - Parameter features: names of those that may be kept with a prediction.
    package init(ratePerSecondMax: Int, features: Set<String>) {
        self.ratePerSecondMax = ratePerSecondMax
        self.features = features
        tokens = Atomic(ratePerSecondMax)
    }

    /// Whether one more is kept; that one counts.
    func admits() -> Bool {
        if tokens.load(ordering: .relaxed) > 0,
            tokens.wrappingSubtract(1, ordering: .relaxed).oldValue > 0
        {
            return true
        }
        drop(1, .rate)
        return false
    }

    /// Counts predictions that are not kept.
    func drop(_ count: Int, _ reason: DropReason) {
        switch reason {
        case .rate: overRate.wrappingAdd(count, ordering: .relaxed)
        case .room: withoutRoom.wrappingAdd(count, ordering: .relaxed)
        case .store: atFault.wrappingAdd(count, ordering: .relaxed)
        }
    }

    func droppedCount(_ reason: DropReason) -> Int {
        switch reason {
        case .rate: overRate.load(ordering: .relaxed)
        case .room: withoutRoom.load(ordering: .relaxed)
        case .store: atFault.load(ordering: .relaxed)
        }
    }

    func append(_ prediction: LoggedPrediction) {
        let hasRoom = ofLoops.withLock { Self.append(prediction, to: &$0) }
        if !hasRoom { drop(1, .room) }
    }

    func append(ofCopy prediction: LoggedPrediction) {
        let hasRoom = ofCopies.withLock { Self.append(prediction, to: &$0) }
        if !hasRoom { drop(1, .room) }
    }

    private static func append(
        _ prediction: LoggedPrediction, to list: inout [LoggedPrediction]
    ) -> Bool {
        guard list.count < countMax else { return false }
        list.append(prediction)
        return true
    }

    /// Hands over what has come, and lets in what may come in `share` of a second.
    func take(secondShare share: Double) -> [LoggedPrediction] {
        let room = Int((Double(ratePerSecondMax) * share).rounded(.up))
        let left = tokens.load(ordering: .relaxed)
        tokens.store(min(ratePerSecondMax, max(0, left) + room), ordering: .relaxed)
        let logged = ofLoops.withLock { list in
            defer { list = [] }
            return list
        }
        let copied = ofCopies.withLockIfAvailable { list in
            defer { list = [] }
            return list
        }
        return logged + (copied ?? [])
    }
}
