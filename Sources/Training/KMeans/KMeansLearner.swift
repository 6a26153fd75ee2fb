// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// Learns clusters: greedy k-means++ seeding, Lloyd's iterations, the best of several starts.
///
/// S. Lloyd, "Least squares quantization in PCM" (1982); D. Arthur, S. Vassilvitskii, "k-means++:
/// the advantages of careful seeding" (2007). Settings bear scikit-learn's names.
package struct KMeansLearner: Learner, Equatable {
    package var clusterCount: Int
    /// `n_init`.
    package var startCount = 10
    package var iterationCountMax = 300
    /// Of the mean variance of the columns: centres that move less, squared and summed, stand.
    package var tolerance = 1e-4
    package var seed: UInt64 = 1

    /// - Precondition: the count is positive.
    package init(clusterCount: Int) {
        precondition(clusterCount > 0, "there is a cluster")
        self.clusterCount = clusterCount
    }

    package var record: [JSONValue.Member] {
        [
            .init(name: "n_clusters", value: .integer(clusterCount)),
            .init(name: "n_init", value: .integer(startCount)),
            .init(name: "max_iter", value: .integer(iterationCountMax)),
            .init(name: "tol", value: .number(tolerance)),
        ]
    }

    package func learn(
        _ data: Dataset, output: Output, progress: LearningProgress
    ) throws(TrainingError) -> Learnt {
        guard case .clusters(clusterCount) = output.task else {
            throw .inconsistent("the output is not of \(clusterCount) clusters")
        }
        guard clusterCount <= data.count else {
            throw .unsuitable("\(data.count) rows cannot make \(clusterCount) clusters")
        }
        let encoding = try KMeansEncoding(learning: data)
        let points = KMeansPoints(data.rows, encoding)
        var best: (model: KMeansModel, inertia: Double, iterationCount: Int)?
        for start in 0..<max(1, startCount) {
            // Starts draw from streams of their own, so that one more does not change the others.
            var generator = SplitMix64(seed: SplitMix64.value(seed: seed, index: start))
            let run = try descend(points, from: seeds(points, &generator))
            try progress(start + 1, run.inertia)
            if run.inertia < best?.inertia ?? .infinity { best = run }
        }
        guard let best else { throw .unsuitable("distances are not finite; smaller numbers help") }
        return Learnt(
            kind: .kMeans(best.model), output: output, objective: best.inertia,
            iterationCount: best.iterationCount)
    }

    /// Lloyd's iterations until no row changes its cluster, or centres hardly move.
    private func descend(
        _ points: KMeansPoints, from centres: [Double]
    ) throws(TrainingError) -> (model: KMeansModel, inertia: Double, iterationCount: Int) {
        var model = try points.model(centres)
        var assignment = points.assign(to: model)
        let limit = tolerance * points.meanVariance
        for iteration in 1...max(1, iterationCountMax) {
            let moved = try points.model(points.centres(of: assignment, instead: model))
            var shift = 0.0
            for (old, new) in zip(model.centres, moved.centres) {
                shift += (new - old) * (new - old)
            }
            let next = points.assign(to: moved)
            let stands = next.clusters == assignment.clusters
            (model, assignment) = (moved, next)
            if stands || shift <= limit { return (model, assignment.inertia, iteration) }
        }
        return (model, assignment.inertia, iterationCountMax)
    }

    /// k-means++: each centre is a row drawn by its squared distance to those before it; of a few
    /// draws the one that leaves the least is kept, as scikit-learn does.
    private func seeds(
        _ points: KMeansPoints, _ generator: inout SplitMix64
    ) throws(TrainingError) -> [Double] {
        var logarithm = 0
        // ⌊ln k⌋, by powers of e.
        var power = 2.718281828459045
        while power <= Double(clusterCount) {
            logarithm += 1
            power *= 2.718281828459045
        }
        let first = generator.index(below: points.rowCount)
        var centres = points.point(first)
        var nearest = points.squaredDistances(to: try points.model(centres), count: 1)
        for _ in 1..<clusterCount {
            var chosen: [Int] = []
            let total = nearest.reduce(0, +)
            for _ in 0..<(2 + logarithm) {
                chosen.append(Self.draw(nearest, total, generator.unit()))
            }
            let trials = try points.model(chosen.flatMap(points.point))
            let distances = points.squaredDistances(to: trials, count: chosen.count)
            var sums = [Double](repeating: 0, count: chosen.count)
            for row in nearest.indices {
                for trial in chosen.indices {
                    sums[trial] += min(nearest[row], distances[row * chosen.count + trial])
                }
            }
            let best = sums.indices.min { sums[$0] < sums[$1] } ?? 0
            for row in nearest.indices {
                nearest[row] = min(nearest[row], distances[row * chosen.count + best])
            }
            centres += points.point(chosen[best])
        }
        return centres
    }

    /// The row at a share of the weights' sum.
    private static func draw(_ weights: [Double], _ total: Double, _ share: Double) -> Int {
        var rest = share * total
        for (row, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return row }
        }
        return weights.count - 1
    }
}
