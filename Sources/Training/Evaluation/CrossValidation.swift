// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// Judges a learner on rows that it did not see, fold by fold.
package struct CrossValidation: Equatable, Sendable {
    package enum Scheme: Equatable, Sendable {
        /// Each class is spread evenly over the folds.
        case stratified
        /// Rows of one key stay together, as a customer's must.
        case grouped
        /// Every fold is judged by a model of the rows before it; rows of one time stay together.
        case timeOrdered
    }

    /// A metric over the folds.
    package struct Score: Equatable, Sendable {
        package let name: String
        package let mean: Double
        /// Population standard deviation.
        package let deviation: Double

        package var json: JSONValue { ["mean": .number(mean), "deviation": .number(deviation)] }
    }

    package let foldCount: Int
    package let scheme: Scheme
    package let seed: UInt64

    /// - Precondition: there are two folds or more.
    package init(foldCount: Int, scheme: Scheme = .stratified, seed: UInt64 = 1) {
        precondition(foldCount >= 2, "folds to learn from and to judge by")
        self.foldCount = foldCount
        self.scheme = scheme
        self.seed = seed
    }

    /// As many folds as a search needs to compare models: five, or three where rows are many, and
    /// never more than the smallest class has rows.
    package static func foldCount(comparingOn target: Target) -> Int {
        let count = target.count < 10_000 ? 5 : 3
        guard case .labels(let labels) = target else { return count }
        var rows = [Int](repeating: 0, count: Int(labels.max() ?? 0) + 1)
        for label in labels { rows[Int(label)] += 1 }
        return max(2, min(count, rows.filter { $0 > 0 }.min() ?? count))
    }

    /// The metrics that are defined in every fold.
    ///
    /// Dictionaries of categories come from all rows, as they say nothing of answers; all else is
    /// learnt anew in each fold.
    ///
    /// - Parameter keys: of the rows, for schemes that go by one.
    package func scores(
        of learner: any Learner, on data: Dataset, output: Output, keys: [Int32],
        evaluation: EvaluationSettings = EvaluationSettings(),
        progress: (Int) -> Void = { _ in }
    ) throws(TrainingError) -> [Score] {
        var evaluations: [Evaluation] = []
        for (index, split) in try folds(data.target, keys).enumerated() {
            progress(index + 1)
            evaluations.append(
                try Self.evaluation(
                    of: learner, on: data, split, fold: index + 1, output: output, evaluation))
        }
        return Self.scores(evaluations)
    }

    /// What a model of the fold's training rows is worth on the others.
    ///
    /// - Parameter fold: from 1, for what an error says.
    static func evaluation(
        of learner: any Learner, on data: Dataset, _ split: DatasetSplit, fold: Int,
        output: Output, _ settings: EvaluationSettings,
        progress: LearningProgress = { _, _ in }
    ) throws(TrainingError) -> Evaluation {
        let train = data.selecting(split.train)
        try requireEveryLabel(train.target, output, fold: fold)
        let learnt = try learner.learn(train, output: output, progress: progress)
        let test = data.selecting(split.test)
        return Evaluation(
            margins: learnt.kind.margins(of: test),
            output: try settings.output(learnt.output), target: test.target)
    }

    /// The metrics that are defined in every fold.
    ///
    /// - Precondition: there is a fold.
    static func scores(_ evaluations: [Evaluation]) -> [Score] {
        let count = Double(evaluations.count)
        return evaluations[0].metrics.indices.compactMap { index in
            let values = evaluations.compactMap { $0.metrics[index].value }
            guard values.count == evaluations.count else { return nil }
            let mean = values.reduce(0, +) / count
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
            return Score(
                name: evaluations[0].metrics[index].name, mean: mean,
                deviation: variance.squareRoot())
        }
    }

    /// - Throws: `unsuitable` where there are too few rows, groups or times.
    func folds(_ target: Target, _ keys: [Int32]) throws(TrainingError) -> [DatasetSplit] {
        guard scheme == .stratified || keys.count == target.count else {
            throw .inconsistent("no keys for folds")
        }
        switch scheme {
        case .stratified: return splits(try stratified(target))
        case .grouped: return splits(try grouped(keys))
        case .timeOrdered: return try timeOrdered(keys)
        }
    }

    /// - Parameter folds: of each row.
    private func splits(_ folds: [Int]) -> [DatasetSplit] {
        (0..<foldCount).map { fold in
            DatasetSplit(
                train: folds.indices.filter { folds[$0] != fold },
                test: folds.indices.filter { folds[$0] == fold })
        }
    }

    private func stratified(_ target: Target) throws(TrainingError) -> [Int] {
        var strata = [[Int](0..<target.count)]
        if case .labels(let labels) = target {
            strata = [[Int]](repeating: [], count: Int(labels.max() ?? 0) + 1)
            for (row, label) in labels.enumerated() { strata[Int(label)].append(row) }
        }
        var folds = [Int](repeating: 0, count: target.count)
        var next = 0
        for rows in strata where !rows.isEmpty {
            guard rows.count >= foldCount else {
                throw .unsuitable("a class of \(rows.count) rows cannot fill \(foldCount) folds")
            }
            // A row's draw depends on the seed and its number alone.
            for (_, row) in rows.map({ (SplitMix64.value(seed: seed, index: $0), $0) }).sorted(
                by: <)
            {
                folds[row] = next
                next = (next + 1) % foldCount
            }
        }
        return folds
    }

    /// The largest group first, each to the fold that has the fewest rows.
    private func grouped(_ keys: [Int32]) throws(TrainingError) -> [Int] {
        var sizes = [Int](repeating: 0, count: Int(keys.max() ?? 0) + 1)
        for key in keys { sizes[Int(key)] += 1 }
        let groups = sizes.indices.filter { sizes[$0] > 0 }
        guard groups.count >= foldCount else {
            throw .unsuitable("\(groups.count) groups cannot fill \(foldCount) folds")
        }
        let draws = sizes.indices.map { SplitMix64.value(seed: seed, index: $0) }
        var foldOfGroup = [Int](repeating: 0, count: sizes.count)
        var rowCounts = [Int](repeating: 0, count: foldCount)
        for group in groups.sorted(by: { (sizes[$1], draws[$0]) < (sizes[$0], draws[$1]) }) {
            let fold = rowCounts.indices.min { rowCounts[$0] < rowCounts[$1] } ?? 0
            foldOfGroup[group] = fold
            rowCounts[fold] += sizes[group]
        }
        return keys.map { foldOfGroup[Int($0)] }
    }

    /// As many equal stretches as folds and one, cut where the time changes.
    private func timeOrdered(_ keys: [Int32]) throws(TrainingError) -> [DatasetSplit] {
        let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
        var cuts: [Int] = []
        for stretch in 1...foldCount {
            var cut = max(order.count * stretch / (foldCount + 1), (cuts.last ?? 0) + 1)
            while cut < order.count, keys[order[cut]] == keys[order[cut - 1]] { cut += 1 }
            guard cut < order.count else {
                throw .unsuitable("too few different times for \(foldCount) folds")
            }
            cuts.append(cut)
        }
        return zip(cuts, cuts.dropFirst() + [order.count]).map { start, end in
            DatasetSplit(train: order[..<start].sorted(), test: order[start..<end].sorted())
        }
    }

    private static func requireEveryLabel(
        _ target: Target, _ output: Output, fold: Int
    ) throws(TrainingError) {
        guard case .labels(let labels) = target else { return }
        let present = Set(labels)
        guard let absent = output.labels.indices.first(where: { !present.contains(Int32($0)) })
        else { return }
        throw .unsuitable(
            "no row of class '\(output.labels[absent])' is left to learn from in fold \(fold)")
    }
}
