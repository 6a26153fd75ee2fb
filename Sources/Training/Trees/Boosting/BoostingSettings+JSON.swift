// SPDX-License-Identifier: Apache-2.0
package import JSON

extension BoostingSettings {
    /// All that decides the model, for its artifact: not the number of threads.
    package var record: [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        func add(_ name: String, _ value: JSONValue) {
            members.append(.init(name: name, value: value))
        }
        switch objective {
        case .squared: break
        case .absolute: add("objective", "regression_l1")
        case .poisson:
            add("objective", "poisson")
            add("poisson_max_delta_step", .number(poissonMaxDeltaStep))
        case .quantile(let alpha):
            add("objective", "quantile")
            add("quantile_alpha", .number(alpha))
        }
        add("num_iterations", numIterations.map { .integer($0) } ?? "auto")
        add("learning_rate", .number(learningRate))
        add("num_leaves", .integer(growing.numLeaves))
        add("max_depth", .integer(growing.maxDepth))
        add("min_data_in_leaf", .integer(growing.minDataInLeaf))
        add("min_sum_hessian_in_leaf", .number(growing.minSumHessianInLeaf))
        add("lambda_l1", .number(growing.lambdaL1))
        add("lambda_l2", .number(growing.lambdaL2))
        add("min_gain_to_split", .number(growing.minGainToSplit))
        add("max_cat_to_onehot", .integer(growing.maxCatToOnehot))
        add("cat_smooth", .number(growing.catSmooth))
        add("cat_l2", .number(growing.catL2))
        add("max_cat_threshold", .integer(growing.maxCatThreshold))
        add("min_data_per_group", .integer(growing.minDataPerGroup))
        add("max_bin", .integer(maxBin))
        add("min_data_in_bin", .integer(minDataInBin))
        add("bagging_fraction", .number(baggingFraction))
        add("bagging_freq", .integer(baggingFreq))
        add("feature_fraction", .number(featureFraction))
        add("boost_from_average", .boolean(boostFromAverage))
        add("scale_pos_weight", .number(scalePosWeight))
        if let classWeight { add("class_weight", .string(classWeight.rawValue)) }
        if let earlyStopping {
            add("early_stopping_round", .integer(earlyStopping.rounds))
            add("validation_fraction", .number(earlyStopping.fraction))
            add("refit", .boolean(earlyStopping.refits))
        }
        if !monotoneConstraints.isEmpty {
            add(
                "monotone_constraints",
                .object(
                    monotoneConstraints.sorted { $0.key < $1.key }.map {
                        .init(name: $0.key, value: .integer(Int($0.value)))
                    }))
        }
        return members
    }
}
