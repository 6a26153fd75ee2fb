// SPDX-License-Identifier: Apache-2.0
import Feedback
import Synchronization

/// Predictions that are to wait for labels, on their way from the loops to the store: so many a
/// second at most, by the order in which they came, and the rest are not kept.
package final class PredictionLog: Sendable {
    static let countMax = 16_384

    /// Names of the features that may be kept with a prediction.
    let features: Set<String>
    private let ratePerSecondMax: Int
    private let tokens: Atomic<Int>
    private let ofLoops = Mutex<[LoggedPrediction]>([])
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
        guard tokens.load(ordering: .relaxed) > 0 else { return false }
        return tokens.wrappingSubtract(1, ordering: .relaxed).oldValue > 0
    }

    func append(_ prediction: LoggedPrediction) {
        ofLoops.withLock { if $0.count < Self.countMax { $0.append(prediction) } }
    }

    func append(ofCopy prediction: LoggedPrediction) {
        ofCopies.withLock { if $0.count < Self.countMax { $0.append(prediction) } }
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
