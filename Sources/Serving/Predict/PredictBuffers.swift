// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What a prediction off the loops is made in.
struct PredictBuffers: Sendable {
    /// A compressed body's text.
    var text: [UInt8] = []
    var input = PredictInput()
    var scratch = PredictionScratch()
    /// Room for the answer.
    var answer: [UInt8] = []

    var byteCapacity: Int {
        text.capacity + answer.capacity
            + (input.request.rows.capacity + input.alternate.rows.capacity
                + scratch.margins.capacity + scratch.outputs.capacity)
            * MemoryLayout<Double>.stride
    }
}

/// Keeps buffers from one prediction to the next. Those of a large one are so large that the kernel
/// would map, clear and unmap their pages each time.
///
/// There are never more than have been in use at once, which is one for each worker.
final class PredictBufferPool: Sendable {
    /// What larger requests needed is let go of.
    private static let byteCapacityMax = 2 << 20

    private let spare = Mutex<[PredictBuffers]>([])

    func take() -> PredictBuffers {
        spare.withLock { $0.popLast() } ?? PredictBuffers()
    }

    func give(back buffers: consuming PredictBuffers) {
        guard buffers.byteCapacity <= Self.byteCapacityMax else { return }
        let kept = buffers
        spare.withLock { $0.append(kept) }
    }
}
