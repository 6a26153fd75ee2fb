// SPDX-License-Identifier: Apache-2.0

/// The choice of a kernel by measurement. The first choice is a rule of thumb about how much work
/// there is; what it costs is up to the machine.
extension TreesModel {
    /// The ensemble with each of the kernels that can take it.
    package var variants: [(kernel: String, model: TreesModel)] {
        allKernels.map { ($0.name, using(row: $0, batch: $0)) }
    }

    private var allKernels: [TreeKernel] {
        TreeKernel.all(trees, aggregation: aggregation, featureCount: featureCount)
    }

    private static var sampleCount: Int { 64 }
    private static var roundCount: Int { 5 }

    /// The ensemble with the kernels that are quickest on this machine for one row and for many.
    ///
    /// Each kernel is asked in turn, a few rounds; its best one counts, as all else is other work
    /// of the machine.
    ///
    /// - Parameter clock: nanoseconds from some instant on.
    package func calibrated(by clock: () -> UInt64) -> TreesModel {
        let kernels = allKernels
        guard kernels.count > 1 else { return self }
        let rows = sample()
        var best: (row: [UInt64], batch: [UInt64]) = (
            kernels.map { _ in .max }, kernels.map { _ in .max }
        )
        var margins: [Double] = []
        for _ in 0..<Self.roundCount {
            for (index, kernel) in kernels.enumerated() {
                let model = using(row: kernel, batch: kernel)
                margins.removeAll(keepingCapacity: true)
                let start = clock()
                for row in 0..<Self.sampleCount {
                    model.appendMargins(
                        of: rows.span.extracting(row * featureCount..<(row + 1) * featureCount),
                        to: &margins)
                }
                let middle = clock()
                model.appendMargins(of: rows.span, to: &margins)
                best.row[index] = min(best.row[index], middle &- start)
                best.batch[index] = min(best.batch[index], clock() &- middle)
            }
        }
        func quickest(_ times: [UInt64]) -> TreeKernel {
            kernels[times.indices.min { times[$0] < times[$1] } ?? 0]
        }
        return using(row: quickest(best.row), batch: quickest(best.batch))
    }

    /// Rows that spread over the splits: each feature's values are thresholds of it.
    private func sample() -> [Double] {
        var thresholds = [[Double]](repeating: [0], count: featureCount)
        for tree in trees {
            for split in tree.splits {
                if case .threshold(let threshold) = split.rule {
                    thresholds[split.feature].append(threshold)
                }
            }
        }
        // Knuth's multiplier; any spread will do.
        var state: UInt64 = 1
        return (0..<Self.sampleCount * featureCount).map { cell in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let values = thresholds[cell % featureCount]
            return values[Int(state >> 33) % values.count]
        }
    }
}
