// SPDX-License-Identifier: Apache-2.0
import Models

/// What a CatBoost loss function makes of raw values.
struct CatBoostLoss {
    let name: String
    let output: Output

    /// - Parameters:
    ///   - info: `model_info`.
    ///   - dimension: raw values for each row.
    init(_ info: DocumentField, dimension: Int) throws(ImportError) {
        name = try info.member("params").member("loss_function").member("type").string()
        let names = try info.optional("class_params")?.optional("class_names")?.list() ?? []
        var labels: [String] = []
        for name in names { labels.append(try name.categoryText()) }
        let output: Output?
        switch name {
        case "RMSE", "MAE", "Quantile", "MAPE", "Huber", "Expectile", "Lq", "LogCosh",
            "QueryRMSE", "PairLogit", "PairLogitPairwise", "YetiRank", "YetiRankPairwise",
            "QuerySoftMax":
            output = .regression
        case "Poisson", "Tweedie", "LogLinQuantile":
            output = Output(.regression, link: .exponential)
        case "Logloss", "CrossEntropy":
            if labels.isEmpty { labels = ["0", "1"] }
            output = Output(.binary(labels: labels))
        case "MultiClass", "MultiClassOneVsAll":
            if labels.isEmpty { labels = (0..<dimension).map { String($0) } }
            let link: Link =
                name == "MultiClass" ? .softmax(scale: 1) : .logistic(slope: 1, intercept: 0)
            output = Output(.multiclass(labels: labels), link: link)
        default: throw .unsupported("loss function '\(name)'")
        }
        guard let output, output.marginCount == dimension else {
            throw .unsupported(
                "loss function '\(name)' with \(dimension) outputs and \(labels.count) classes")
        }
        self.output = output
    }
}
