// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Synchronization
import Testing

/// Users who ask for predictions over several connections, and tell by the batch what turned out to
/// be true.
final class LabelledCrowd: Sendable {
    private static let batchCount = 500

    private let port: UInt16
    private let pauseMicroseconds: UInt32
    private let isOver = Atomic<Bool>(false)
    private let faults = Mutex<[String]>([])
    private let log = Mutex<[Outcome]>([])
    private let group = DispatchGroup()

    init(at port: Int, connections connectionCount: Int = 3, pauseMicroseconds: UInt32 = 300) {
        self.port = UInt16(port)
        self.pauseMicroseconds = pauseMicroseconds
        for connection in 0..<connectionCount {
            group.enter()
            Thread.detachNewThread { [self] in
                visit(Draws(seed: connection))
                group.leave()
            }
        }
    }

    /// Those whose labels have been taken.
    var outcomes: [Outcome] { log.withLock { $0 } }

    /// Sends them home; each had a good answer.
    func stop(_ location: SourceLocation = #_sourceLocation) -> [Outcome] {
        isOver.store(true, ordering: .relaxed)
        group.wait()
        let faults = faults.withLock { $0 }
        #expect(faults.isEmpty, "\(faults.first ?? "")", sourceLocation: location)
        return outcomes
    }

    private func visit(_ draws: Draws) {
        var draws = draws
        guard let kept = KeepAlive(port: port) else { return tell("no connection") }
        var unlabelled: [Outcome] = []
        while !isOver.load(ordering: .relaxed) {
            var outcome = Outcome(&draws)
            let answer = kept.answer(to: outcome.request()) ?? ""
            guard outcome.read(answer) else { return tell(answer) }
            unlabelled.append(outcome)
            if unlabelled.count == Self.batchCount {
                let labels = unlabelled.map { $0.label() }.joined(separator: ",")
                let answer =
                    kept.answer(to: Outcome.post("/feedback", "{\"labels\":[\(labels)]}")) ?? ""
                guard answer.contains("\"accepted\":\(Self.batchCount),") else {
                    return tell(answer)
                }
                log.withLock { $0 += unlabelled }
                unlabelled = []
            }
            usleep(pauseMicroseconds)
        }
    }

    private func tell(_ fault: String) { faults.withLock { $0.append(fault) } }
}
