// SPDX-License-Identifier: Apache-2.0
package import JSON

extension ForestSettings {
    /// All that decides the model, for its artifact: not the number of threads.
    package var record: [JSONValue.Member] {
        let features: JSONValue =
            switch maxFeatures {
            case .automatic: "auto"
            case .squareRoot: "sqrt"
            case .share(let share): .number(share)
            }
        var members: [JSONValue.Member] = [
            .init(name: "n_estimators", value: .integer(nEstimators)),
            .init(name: "max_depth", value: .integer(maxDepth)),
            .init(name: "min_samples_leaf", value: .integer(minSamplesLeaf)),
            .init(name: "max_features", value: features),
            .init(name: "max_bin", value: .integer(maxBin)),
            .init(name: "min_data_in_bin", value: .integer(minDataInBin)),
        ]
        if let classWeight {
            members.append(.init(name: "class_weight", value: .string(classWeight.rawValue)))
        }
        return members
    }
}

extension IsolationForestLearner {
    package var record: [JSONValue.Member] {
        [
            .init(name: "n_estimators", value: .integer(nEstimators)),
            .init(name: "max_samples", value: .integer(maxSamples)),
        ]
    }
}
