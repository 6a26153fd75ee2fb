// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

@testable import Training

/// Rows of two numbers, one of them missing at times, and a category of twelve values.
enum TreesExample {
    static let categoryCount = 12

    static func schema() throws -> FeatureSchema {
        let dictionary = try #require(
            CategoryDictionary(values: (0..<(categoryCount - 1)).map { "c\($0)" }))
        return try #require(
            FeatureSchema([
                Feature(name: "a", kind: .number), Feature(name: "b", kind: .number),
                Feature(name: "c", kind: .category(dictionary)),
            ]))
    }

    /// - Parameter answer: of a row, given noise between -1 and 1.
    static func data(
        _ count: Int, seed: UInt64 = 3, answer: ([Double], Double) -> Double
    ) throws -> (rows: [Double], answers: [Double]) {
        var generator = SplitMix64(seed: seed)
        var rows: [Double] = []
        var answers: [Double] = []
        for _ in 0..<count {
            var row = [
                (Double.random(in: -4...4, using: &generator) * 8).rounded() / 8,
                Double.random(in: 0...1, using: &generator),
                Double(Int.random(in: 0..<categoryCount, using: &generator)),
            ]
            let noise = Double.random(in: -1...1, using: &generator)
            for feature in [1, 2] where Int.random(in: 0..<7, using: &generator) == 0 {
                row[feature] = .nan
            }
            rows += row
            answers.append(answer(row, noise))
        }
        return (rows, answers)
    }

    /// What all three features tell of; missing values count, each in its way.
    static func signal(_ row: [Double], _ noise: Double) -> Double {
        let fromB = row[1].isNaN ? 1.5 : row[1]
        let fromC = row[2].isNaN ? -1.0 : Int(row[2]) % 3 == 0 ? 1.0 : 0.0
        return row[0] * row[0] / 4 + fromB + fromC + noise
    }

    static func regression(
        _ count: Int, seed: UInt64 = 3, answer: ([Double], Double) -> Double = signal
    ) throws -> Dataset {
        let (rows, answers) = try data(count, seed: seed, answer: answer)
        return Dataset(schema: try schema(), rows: rows, target: .values(answers))
    }

    static func classes(_ count: Int, classCount: Int) throws -> (Dataset, Output) {
        let (rows, answers) = try data(count, answer: signal)
        let labels = answers.map { Int32(min(max($0 / 4 * Double(classCount), 0), 100)) }
            .map { min($0, Int32(classCount - 1)) }
        let names = (0..<classCount).map { "k\($0)" }
        return (
            Dataset(schema: try schema(), rows: rows, target: .labels(labels)),
            classCount == 2 ? .binary(labels: names) : .multiclass(labels: names)
        )
    }

    static func margins(_ learnt: Learnt, _ rows: [Double]) -> [Double] {
        var margins: [Double] = []
        learnt.kind.appendMargins(of: rows.span, to: &margins)
        return margins
    }

    static func trees(_ learnt: Learnt) throws -> TreesModel {
        guard case .trees(let model) = learnt.kind else { throw NotTrees() }
        return model
    }

    struct NotTrees: Error {}
    struct NotNumbers: Error {}
}

extension Target {
    /// Answers that must be numbers.
    var numbers: [Double] {
        get throws {
            guard case .values(let values) = self else { throw TreesExample.NotNumbers() }
            return values
        }
    }
}
