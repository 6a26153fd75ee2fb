// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models

/// What an XGBoost objective makes of margins (its `PredTransform`), and how `base_score`, which is
/// stored as a prediction, becomes one (its `ProbToMargin`).
struct XGBoostObjective {
    let name: String
    let output: Output
    private let baseLink: BaseLink

    private enum BaseLink {
        case identity, logit, logarithm
    }

    /// - Parameter outputCount: margins for each row.
    init(_ name: String, outputCount: Int) throws(ImportError) {
        self.name = name
        let labels = (0..<outputCount).map { String($0) }
        let output: Output?
        switch name {
        case "reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror",
            "reg:absoluteerror", "reg:quantileerror", "rank:pairwise", "rank:ndcg", "rank:map":
            (output, baseLink) = (.regression, .identity)
        case "reg:logistic":
            output = Output(.regression, link: .logistic(slope: 1, intercept: 0))
            baseLink = .logit
        case "binary:logistic":
            (output, baseLink) = (.binary(labels: ["0", "1"]), .logit)
        case "binary:logitraw":
            // Its prediction is the margin.
            (output, baseLink) = (.regression, .identity)
        case "binary:hinge":
            (output, baseLink) = (Self.step, .identity)
        case "count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft":
            (output, baseLink) = (Output(.regression, link: .exponential), .logarithm)
        case "multi:softmax", "multi:softprob":
            (output, baseLink) = (Output(.multiclass(labels: labels)), .identity)
        default: throw .unsupported("objective '\(name)'")
        }
        guard let output, output.marginCount == outputCount else {
            throw .unsupported("objective '\(name)' with \(outputCount) outputs")
        }
        self.output = output
    }

    /// Class 1 above a margin of 0.
    private static var step: Output? {
        IsotonicCurve(margins: [0, .leastNonzeroMagnitude], values: [0, 1]).flatMap {
            Output(.binary(labels: ["0", "1"]), link: .isotonic($0))
        }
    }

    /// The margin that every row starts from, in `float` as the library computes it.
    func margin(of baseScore: Float) throws(ImportError) -> Float {
        let margin: Float
        switch baseLink {
        case .identity: margin = baseScore
        case .logit:
            let bound: Float = 1e-6
            let probability = min(max(baseScore, bound), 1 - bound)
            margin = -logf(1 / probability - 1)
        case .logarithm: margin = logf(baseScore)
        }
        guard margin.isFinite else {
            throw .malformed(
                field: "base_score", reason: "\(baseScore) is no prediction of '\(name)'")
        }
        return margin
    }
}
