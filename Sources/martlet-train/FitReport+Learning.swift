// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Models
import Training

/// What a report tells of the learning.
extension FitReport {
    /// How long it took and how low it came.
    var course: String {
        let count = fit.trained.iterationCount
        return "solved in \(count) \(count == 1 ? "iteration" : "iterations"), \(objectiveMeaning) "
            + "\(Self.significant(fit.trained.objective)), "
            + "\(Self.rounded(fit.seconds, places: 2)) s\n"
    }

    /// What the family's objective measures: on the rows that it learns from, of a perceptron on
    /// those held out to stop by.
    var objectiveMeaning: String {
        let isRegression = fit.selection.data.output.task == .regression
        return switch FitCommand.Family(rawValue: fit.selection.family) {
        case .logistic, .text: "penalised loss"
        case .linear: "penalised squared error"
        case .mlp: "mean loss at the best pass"
        case .naiveBayes: "log loss"
        case .kMeans: "sum of squared distances"
        case .boostedTrees: "mean loss"
        case .randomForest, .extraTrees: isRegression ? "mean squared error" : "Brier score"
        case .isolationForest: "mean path length"
        case .auto, nil: "objective"
        }
    }

    var answer: String {
        if case .anomalyScore = fit.trained.model.output.link {
            return "an anomaly score: near 1 for outliers, below 0.5 for ordinary rows"
        }
        return switch fit.selection.data.output.task {
        case .regression: "a number"
        case .binary(let labels): "'\(labels[1])' (positive) or '\(labels[0])'"
        case .multiclass(let labels): "\(labels.count) classes"
        case .clusters(let count): "\(count) clusters"
        }
    }
}

/// Numbers for people.
extension FitReport {
    static func text(_ value: Double?) -> String {
        guard let value else { return "–" }
        return rounded(value, places: value.magnitude >= 1000 ? 1 : 4)
    }

    static func rounded(_ value: Double, places: Int) -> String {
        guard value.magnitude < 1e12 else { return significant(value) }
        let scale = places == 1 ? 10.0 : places == 2 ? 100 : 10_000
        let units = Int((value.magnitude * scale).rounded())
        let fraction = String(units % Int(scale))
        let padding = String(repeating: "0", count: places - fraction.count)
        let sign = value < 0 && units > 0 ? "-" : ""
        return "\(sign)\(units / Int(scale)).\(padding)\(fraction)"
    }

    /// Four significant digits, with an exponent where there would be many zeros.
    static func significant(_ value: Double) -> String {
        let magnitude = value.magnitude
        guard magnitude.isFinite, magnitude > 1e-300 else { return "\(value)" }
        var exponent = Int(log10(magnitude).rounded(.down))
        var digits = Int((magnitude / pow(10, Double(exponent - 3))).rounded())
        if digits > 9999 {
            exponent += 1
            digits /= 10
        }
        let sign = value < 0 ? "-" : ""
        func pointed(places: Int) -> String {
            let text = String(digits)
            return "\(sign)\(text.dropLast(places)).\(text.suffix(places))"
        }
        switch exponent {
        case -5..<0:
            let zeros = String(repeating: "0", count: -exponent - 1)
            return "\(sign)0.\(zeros)\(digits)"
        case 0...2: return pointed(places: 3 - exponent)
        case 3...5: return "\(sign)\(digits)" + String(repeating: "0", count: exponent - 3)
        default: return pointed(places: 3) + "e\(exponent)"
        }
    }
}
