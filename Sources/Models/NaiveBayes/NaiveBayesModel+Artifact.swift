// SPDX-License-Identifier: Apache-2.0

/// Tensors, all `F64`: `log_priors` (labels); `means`, `variances` and `log_scales` (numbers ×
/// labels); `log_probabilities` (values of all categories, each with any other behind its own, ×
/// labels).
extension NaiveBayesModel {
    var tensors: [Tensor] {
        let numberCount = gaussians.means.count / labelCount
        return [
            Tensor("log_priors", [labelCount], logPriors),
            Tensor(
                "log_probabilities", [logProbabilities.count / labelCount, labelCount],
                logProbabilities),
            Tensor("log_scales", [numberCount, labelCount], gaussians.logScales),
            Tensor("means", [numberCount, labelCount], gaussians.means),
            Tensor("variances", [numberCount, labelCount], gaussians.variances),
        ]
    }

    init(_ file: Safetensors, schema: FeatureSchema, output: Output) throws(ArtifactError) {
        let labelCount = output.labels.count
        var (numberCount, codeCount) = (0, 0)
        for feature in schema.features {
            switch feature.kind {
            case .number: numberCount += 1
            case .category(let dictionary): codeCount += dictionary.otherCode + 1
            case .text: throw .invalidField("schema", "texts are not for this kind")
            }
        }
        let shape = [numberCount, labelCount]
        guard
            let model = NaiveBayesModel(
                schema: schema,
                logPriors: try file.doubles("log_priors", shape: [labelCount]),
                gaussians: Gaussians(
                    means: try file.doubles("means", shape: shape),
                    variances: try file.doubles("variances", shape: shape),
                    logScales: try file.doubles("log_scales", shape: shape)),
                logProbabilities: try file.doubles(
                    "log_probabilities", shape: [codeCount, labelCount]))
        else {
            throw .invalidField(
                "log_priors, means, variances, log_scales, log_probabilities",
                "no labels, a number is not finite, or a variance is not positive")
        }
        self = model
    }
}
