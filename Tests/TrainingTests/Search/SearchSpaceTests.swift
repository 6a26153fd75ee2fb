// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

@testable import Training

struct SearchSpaceTests {
    private static let number = Feature(name: "x", kind: .number)
    private static let text = Feature(name: "t", kind: .text)
    private static let classes = Output.binary(labels: ["a", "b"])

    private static func space(
        _ features: [Feature] = [number], _ output: Output = classes, rowCount: Int = 500
    ) throws -> SearchSpace {
        let schema = try #require(FeatureSchema(features))
        return SearchSpace(schema, output, rowCount: rowCount)
    }

    /// Families with hyper-parameters, as texts.
    private static func texts(_ space: SearchSpace) -> [String] {
        space.candidates.map { "\($0.family.rawValue) \(JSONValue.object($0.learner.record).text)" }
    }

    @Test func followsFromTheSeed() throws {
        var space = try Self.space()
        let texts = Self.texts(space)
        #expect(texts.count == 22)
        #expect(Set(texts).count == texts.count)
        space.seed = 2
        let others = Self.texts(space)
        #expect(others != texts)
        // What is not drawn stays.
        #expect(Array(others[..<8]) == Array(texts[..<8]))
    }

    @Test func triesWhatFitsTheTask() throws {
        let forClasses = try Set(Self.space().candidates.map(\.family))
        #expect(
            forClasses == [
                .logistic, .naiveBayes, .randomForest, .extraTrees, .boostedTrees, .mlp,
            ])
        let forNumbers = try Set(Self.space([Self.number], .regression).candidates.map(\.family))
        #expect(forNumbers == [.linear, .randomForest, .extraTrees, .boostedTrees, .mlp])
    }

    @Test func readsTextsWhereThereAreSome() throws {
        let both = try Self.space([Self.number, Self.text]).candidates
        #expect(both.indices.filter { both[$0].readsTexts } == [0, 1, 2])
        #expect(both.count == 25)
        let alone = try Self.space([Self.text]).candidates
        #expect(alone.map(\.family) == [.text, .text, .text])
        let numbers = try Self.space([Self.text], .regression)
        #expect(numbers.candidates.isEmpty)
    }

    @Test func appliesWhatHoldsForAll() throws {
        var space = try Self.space()
        space.classWeight = .balanced
        space.calibration = .isotonic
        for candidate in space.candidates {
            let names = candidate.learner.record.map(\.name)
            #expect(names.contains("class_weight") && names.contains("calibration"))
        }
    }

    /// Many rows tell when to stop; for few the number of trees is drawn.
    @Test func boostsByTheNumberOfRows() throws {
        func settings(_ rowCount: Int) throws -> [[JSONValue.Member]] {
            try Self.space(rowCount: rowCount).candidates
                .filter { $0.family == .boostedTrees }.dropFirst().map(\.learner.record)
        }
        let name = "early_stopping_round"
        let few = try settings(9999)
        #expect(few.count == 12)
        let fewNames = Set(few.joined().map(\.name))
        #expect(!fewNames.contains(name))
        let counts = few.compactMap { $0.first?.value.integer }
        #expect(counts.count == 12 && Set(counts).isSubset(of: [50, 100, 200, 400]))
        let many = try settings(10_000)
        #expect(many.joined().count { $0.name == name } == 12)
    }
}
