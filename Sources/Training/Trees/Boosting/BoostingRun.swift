// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// One run of boosting over one data set.
struct BoostingRun {
    struct Result {
        let trees: [DecisionTree]
        let iterationCount: Int
        let trainingLoss: Double
        /// With early stopping: the smallest loss on the rows held out, at the iteration kept.
        var validationLoss: Double?
        let importance: FeatureImportance
    }

    /// How often the training loss is computed for whoever watches.
    private static let lossInterval = 10

    private let settings: BoostingSettings
    private let objective: BoostingObjective
    private let answers: BoostingAnswers
    private let weights: [Double]
    private let matrix: BinnedMatrix
    private let monotone: [Int8]
    private let workers: Workers
    /// Ascending; `nil` for all rows.
    private let trainRows: [UInt32]?
    private let validationRows: [UInt32]
    /// The margins before any tree.
    let start: [Double]

    init(
        _ settings: BoostingSettings, _ data: Dataset, _ matrix: BinnedMatrix,
        _ objective: BoostingObjective
    ) throws(TrainingError) {
        self.settings = settings
        self.objective = objective
        answers = BoostingAnswers(data.target)
        workers = .current
        self.matrix = matrix
        monotone = try Self.monotone(settings.monotoneConstraints, data.schema)
        if let fraction = settings.earlyStopping?.fraction {
            let split = DatasetSplit(
                strata: data.target.strata, fraction: fraction,
                seed: settings.seed ^ Self.validationSalt)
            trainRows = split.train.map { UInt32($0) }
            validationRows = split.test.map { UInt32($0) }
        } else {
            trainRows = nil
            validationRows = []
        }
        weights = Self.weights(settings, answers.labels(trainRows), objective)
        start =
            settings.boostFromAverage
            ? objective.constants(answers, rows: trainRows, weights: weights)
            : [Double](repeating: 0, count: objective.marginCount)
    }

    private static let validationSalt: UInt64 = 0x5641_4C49_4441_5445
    private static let baggingSalt: UInt64 = 0x4241_4747_494E_4700
    private static let featureSalt: UInt64 = 0x4645_4154_5552_4500

    private static func monotone(
        _ constraints: [String: Int8], _ schema: FeatureSchema
    ) throws(TrainingError) -> [Int8] {
        for name in constraints.keys.sorted() {
            guard let feature = schema.features.first(where: { $0.name == name }) else {
                throw .unsuitable("no feature '\(name)' for a monotone constraint")
            }
            guard feature.kind == .number else {
                throw .unsuitable("'\(name)' is a category and has no order to be monotone in")
            }
        }
        return schema.features.map { constraints[$0.name] ?? 0 }
    }

    private static func weights(
        _ settings: BoostingSettings, _ labels: [Int32], _ objective: BoostingObjective
    ) -> [Double] {
        let classCount: Int
        switch objective {
        case .logistic: classCount = 2
        case .softmax(let count): classCount = count
        case .squared, .absolute, .quantile, .poisson: return []
        }
        guard settings.classWeight != nil || settings.scalePosWeight != 1 else { return [] }
        var weights =
            settings.classWeight?.weights(labels, labelCount: classCount)
            ?? [Double](repeating: 1, count: classCount)
        if classCount == 2 { weights[1] *= settings.scalePosWeight }
        return weights
    }

    /// - Parameter progress: told the iteration and the loss on the rows held out or, from time to
    ///   time, on the training rows.
    func boost(progress: LearningProgress) throws(TrainingError) -> Result {
        guard start.allSatisfy(\.isFinite) else { throw .diverged }
        var state = BoostingState(
            objective, answers: answers, weights: weights, start: start, workers: workers)
        var grower = TreeGrower(matrix, settings.growing, monotone: monotone, workers: workers)
        var partition = RowPartition(capacity: trainRows?.count ?? matrix.rowCount)
        var stopping = settings.earlyStopping.map { EarlyStopping(rounds: $0.rounds) }
        var trees: [GrownTree] = []
        var bag: [UInt32]?
        for iteration in 0..<(settings.numIterations ?? 0) {
            try state.differentiate()
            if isBagging, iteration.isMultiple(of: settings.baggingFreq) {
                bag = drawRows(iteration)
            }
            var hasSplit = false
            for margin in 0..<objective.marginCount {
                let rows = bag ?? trainRows
                if let rows {
                    partition.reset(rows)
                } else {
                    partition.reset(count: matrix.rowCount)
                }
                var tree = grower.grow(
                    partition, isWhole: rows == nil, pairs: state.pairs(margin), units: state.units,
                    isUsed: drawFeatures(iteration * objective.marginCount + margin))
                settle(&tree, partition, state)
                update(state, margin, tree, partition)
                hasSplit = hasSplit || !tree.splits.isEmpty
                trees.append(tree)
            }
            if !hasSplit {
                // Nothing can be split any more, unless other rows or features are drawn.
                if !isBagging, settings.featureFraction >= 1 { break }
                continue
            }
            if stopping != nil {
                let loss = try state.meanLoss(validationRows)
                try progress(iteration + 1, loss)
                if stopping?.stops(after: iteration + 1, loss: loss) == true { break }
            } else if (iteration + 1).isMultiple(of: Self.lossInterval) {
                try progress(iteration + 1, try state.meanLoss(trainRows))
            }
        }
        return try result(trees, state, stopping)
    }

    private var isBagging: Bool { settings.baggingFreq > 0 && settings.baggingFraction < 1 }

    /// Each training row with the chance of `baggingFraction`, one at least.
    private func drawRows(_ iteration: Int) -> [UInt32] {
        let seed = SplitMix64.value(seed: settings.seed ^ Self.baggingSalt, index: iteration)
        let limit = UInt64(settings.baggingFraction * 0x1p53)
        let isDrawn = { (row: UInt32) in
            SplitMix64.value(seed: seed, index: Int(row)) >> 11 < limit
        }
        let drawn =
            trainRows?.filter(isDrawn) ?? (0..<UInt32(matrix.rowCount)).filter(isDrawn)
        guard drawn.isEmpty else { return drawn }
        let place = SplitMix64.index(
            below: trainRows?.count ?? matrix.rowCount,
            from: SplitMix64.value(seed: seed, index: matrix.rowCount))
        return [trainRows?[place] ?? UInt32(place)]
    }

    private func drawFeatures(_ tree: Int) -> [Bool] {
        let count = matrix.features.count
        guard settings.featureFraction < 1 else { return [Bool](repeating: true, count: count) }
        let seed = SplitMix64.value(seed: settings.seed ^ Self.featureSalt, index: tree)
        let order = (0..<count).sorted {
            SplitMix64.value(seed: seed, index: $0) < SplitMix64.value(seed: seed, index: $1)
        }
        let drawn = max(1, Int((Double(count) * settings.featureFraction).rounded()))
        var isUsed = [Bool](repeating: false, count: count)
        for feature in order.prefix(drawn) { isUsed[feature] = true }
        return isUsed
    }

    /// Gives the leaves their final values: a quantile of the residuals where the loss has no
    /// curvature, then shrunk by the learning rate.
    private func settle(_ tree: inout GrownTree, _ partition: RowPartition, _ state: BoostingState)
    {
        if tree.splits.isEmpty {
            tree.leaves[0].value = 0
            return
        }
        tree.leaves.withUnsafeMutableBufferPointer { leaves in
            workers.perform(leaves.count) { index in
                if let share = objective.leafQuantile {
                    let residuals = leaves[index].rows.map { state.residual(partition[$0]) }
                    leaves[index].value = BoostingObjective.quantile(of: residuals, share)
                }
                leaves[index].value *= settings.learningRate
            }
        }
    }

    /// Adds a tree to all rows' margins: by its leaves' rows, or by a walk for rows not in play.
    private func update(
        _ state: BoostingState, _ margin: Int, _ tree: GrownTree, _ partition: RowPartition
    ) {
        guard !tree.splits.isEmpty else { return }
        if partition.count == matrix.rowCount {
            workers.perform(tree.leaves.count) { index in
                let leaf = tree.leaves[index]
                for place in leaf.rows {
                    state.add(leaf.value, margin: margin, row: partition[place])
                }
            }
            return
        }
        let columns = matrix.features.indices.map { matrix.column($0) }
        workers.perform(blocksOf: 1 << 12, of: matrix.rowCount) { _, rows in
            for row in rows {
                let leaf = tree.leaf(of: row, columns: columns)
                state.add(tree.leaves[leaf].value, margin: margin, row: row)
            }
        }
    }

    private func result(
        _ grown: [GrownTree], _ state: BoostingState, _ stopping: EarlyStopping?
    ) throws(TrainingError) -> Result {
        let perIteration = objective.marginCount
        let iterationCount = stopping?.best?.iteration ?? grown.count / perIteration
        let kept = grown.prefix(max(1, iterationCount) * perIteration)
        let trees = kept.enumerated().compactMap { index, tree in
            tree.tree(matrix.features, margin: index % perIteration)
        }
        return Result(
            trees: trees, iterationCount: iterationCount,
            trainingLoss: try state.meanLoss(trainRows),
            validationLoss: stopping?.best?.loss,
            importance: FeatureImportance(Array(kept), featureCount: matrix.features.count))
    }
}

extension BoostingRun.Result {
    /// What the artifact records beside the objective.
    func record(_ schema: FeatureSchema) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init(name: "importance", value: importance.json(schema))
        ]
        if let validationLoss {
            members.append(.init(name: "best_iteration", value: .integer(iterationCount)))
            members.append(.init(name: "validation_loss", value: .number(validationLoss)))
        }
        return members
    }
}
