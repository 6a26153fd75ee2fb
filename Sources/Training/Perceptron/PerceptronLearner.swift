// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// Learns multilayer perceptrons by Adam on small batches, with early stopping.
///
/// Settings bear the names and, but for the hidden layers and early stopping, the defaults of
/// scikit-learn's `MLPClassifier` and `MLPRegressor`. A batch is cut into blocks of rows whose
/// gradients are added in order: the result does not depend on the number of threads.
package struct PerceptronLearner: Learner, Equatable {
    package var hiddenWidths = [128, 64]
    /// The weight of `½‖w‖²` beside a batch's summed losses.
    package var alpha = 1e-4
    package var learningRate = 1e-3
    package var batchSize = 200
    /// Passes over the rows.
    package var epochCountMax = 200
    /// Passes without a loss lower by `tolerance` after which learning ends.
    package var patience = 10
    package var tolerance = 1e-4
    /// The part of the rows that tells when to stop; 0 to go by the training loss.
    package var validationFraction = 0.1
    package var classWeight: ClassWeight?
    package var seed: UInt64 = 1

    package init() {}

    package var record: [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init(
                name: "hidden_layer_sizes", value: .array(hiddenWidths.map { .integer($0) })),
            .init(name: "alpha", value: .number(alpha)),
            .init(name: "learning_rate_init", value: .number(learningRate)),
            .init(name: "batch_size", value: .integer(batchSize)),
            .init(name: "max_iter", value: .integer(epochCountMax)),
            .init(name: "n_iter_no_change", value: .integer(patience)),
            .init(name: "tol", value: .number(tolerance)),
            .init(name: "validation_fraction", value: .number(validationFraction)),
        ]
        if let classWeight {
            members.append(.init(name: "class_weight", value: .string(classWeight.rawValue)))
        }
        return members
    }

    package func learn(
        _ data: Dataset, output: Output, progress: LearningProgress
    ) throws(TrainingError) -> Learnt {
        let encoding = try LinearLearner.encoding(data, .standard)
        let objective = try PerceptronObjective(data, output, encoding, classWeight)
        let split = DatasetSplit(
            strata: data.target.strata, fraction: validationFraction, seed: seed)
        let widths = [encoding.columnCount] + hiddenWidths + [output.marginCount]
        try Self.requireRoom(widths)
        var generator = SplitMix64(seed: seed)
        var network = PerceptronNetwork(widths: widths)
        network.initialise(&generator)
        var adam = Adam(widths: widths, learningRate: learningRate)
        var order = split.train
        var best = (network: network, loss: Double.infinity, epoch: 0)
        var epoch = 0
        // The loss that the next must undercut, and when it was last undercut.
        var bar = (loss: Double.infinity, epoch: 0)
        while epoch < epochCountMax, epoch - bar.epoch < patience {
            epoch += 1
            generator.shuffle(&order)
            let trained = descend(&network, &adam, objective, order)
            let loss =
                split.test.isEmpty ? trained : objective.meanLoss(network, split.test[...])
            guard loss.isFinite else {
                throw .unsuitable(
                    "the loss is not finite after \(epoch) passes; a smaller "
                        + "--learning-rate-init helps")
            }
            try progress(epoch, loss)
            if loss < best.loss { best = (network, loss, epoch) }
            if loss < bar.loss - tolerance { bar = (loss, epoch) }
        }
        guard let model = objective.model(best.network, encoding) else {
            throw .unsuitable(
                "a weight is not finite; a smaller --learning-rate-init, or numbers nearer to 1, "
                    + "help")
        }
        return Learnt(
            kind: .perceptron(model), output: output, objective: best.loss, iterationCount: epoch,
            record: [.init(name: "best_epoch", value: .integer(best.epoch))])
    }

    /// Learning holds some ten numbers for each weight: half a gigabyte of weights is the most.
    private static let weightCountMax = 1 << 27

    private static func requireRoom(_ widths: [Int]) throws(TrainingError) {
        var count = 0
        for (inputCount, unitCount) in zip(widths, widths.dropFirst()) {
            let (layer, overflow) = inputCount.multipliedReportingOverflow(by: unitCount)
            let (sum, sumOverflow) = count.addingReportingOverflow(layer)
            guard !overflow, !sumOverflow, sum <= weightCountMax else {
                throw .unsuitable(
                    "layers of \(widths.map(String.init).joined(separator: ", ")) have more than "
                        + "\(weightCountMax) weights; smaller --hidden-layer-sizes help")
            }
            count = sum
        }
    }

    /// One pass over the rows.
    ///
    /// - Returns: the mean loss of its batches, each before its step.
    private func descend(
        _ network: inout PerceptronNetwork, _ adam: inout Adam, _ objective: PerceptronObjective,
        _ order: [Int]
    ) -> Double {
        var sum = 0.0
        for start in stride(from: 0, to: order.count, by: max(1, batchSize)) {
            let batch = order[start..<min(start + max(1, batchSize), order.count)]
            let (loss, gradient) = objective.evaluate(network, batch)
            sum += loss
            adam.step(
                &network, gradient, scale: 1 / Float(batch.count), penalty: Float(alpha))
        }
        return sum / Double(order.count)
    }
}
