// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Models

struct LinkTests {
    private static let curve = IsotonicCurve(margins: [-1, 1, 3], values: [0.1, 0.5, 0.9])

    @Test(arguments: [
        (Output.Task.regression, Link.exponential, 0.0, [1.0]),
        (.regression, .signedSquare, -3, [-9]),
        (.regression, .logOnePlusExponential, 0, [0.693_147_180_559_945_3]),
        (.regression, .anomalyScore(pathLength: 4), 8, [0.25]),
        (.binary(labels: ["a", "b"]), .identity, 0.25, [0.75, 0.25]),
        (.binary(labels: ["a", "b"]), .logistic(slope: 2, intercept: -4), 2, [0.5, 0.5]),
    ])
    func answers(_ task: Output.Task, _ link: Link, _ margin: Double, _ expected: [Double]) throws {
        let output = try #require(Output(task, link: link))
        let margins = [margin]
        var outputs: [Double] = []
        output.appendOutputs(margins.span, at: 0, to: &outputs)
        #expect(zip(outputs, expected).allSatisfy { abs($0 - $1) < 1e-15 })
        #expect(try Output(json: output.json) == output)
    }

    @Test(arguments: [
        (-2.0, 0.1), (-1, 0.1), (0, 0.3), (1, 0.5), (2, 0.7), (3, 0.9), (9, 0.9), (-.infinity, 0.1),
        (.infinity, 0.9),
    ])
    func interpolatesBetweenKnots(_ margin: Double, _ expected: Double) throws {
        let curve = try #require(Self.curve)
        #expect(abs(curve.value(margin) - expected) < 1e-15)
        let output = try #require(
            Output(.binary(labels: ["a", "b"]), link: .isotonic(curve), threshold: 0.6))
        #expect(try Output(json: output.json) == output)
        let margins = [margin]
        let index = output.predictedIndex(margins.span, at: 0)
        #expect(index == (expected > 0.6 ? 1 : 0))
    }

    @Test func clustersTellDistances() throws {
        let output = try #require(Output(.clusters(3)))
        let margins = [-9.0, -4, -16]
        var outputs: [Double] = []
        output.appendOutputs(margins.span, at: 0, to: &outputs)
        #expect(outputs == [3, 2, 4])
        let index = output.predictedIndex(margins.span, at: 0)
        #expect(index == 1)
        #expect(try Output(json: output.json) == output)
    }

    @Test(arguments: [
        (Output.Task.regression, Link.softmax(scale: 1)),
        (.binary(labels: ["a", "a"]), .identity), (.binary(labels: ["a", "b"]), .exponential),
        (.multiclass(labels: ["a", "b", "c"]), .softmax(scale: 0)),
        (.clusters(2), .exponential), (.clusters(0), .identity),
        (.regression, .logistic(slope: .nan, intercept: 0)),
    ])
    func refusesWhatDoesNotFit(_ task: Output.Task, _ link: Link) {
        #expect(Output(task, link: link) == nil)
    }
}
