// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

@testable import Serving

struct ExampleRowTests {
    private func model(_ profile: ReferenceProfile?) throws -> Model {
        let made = try #require(ServingFixture.model(intercept: 0))
        return try #require(
            Model(
                schema: made.schema, kind: made.kind, output: made.output,
                goldenRecords: made.goldenRows.map(\.record), training: .null, profile: profile))
    }

    /// The middle of the ages and the commonest city, not a row that was trained on.
    @Test func showsWhatIsUsual() throws {
        let example = ExampleRow(of: try model(DriftSample.profile()))
        #expect(example.values == [.number(50), "Bern"])
        #expect(example.named == ["age": .number(50), "city": "Bern"])
    }

    @Test func knowsTheCommonestByItsCode() throws {
        let profile = try DriftSample.profile()
        var inputs = profile.inputs.variables
        var counts = VariableCounts(bins: [1, 9])
        counts.missing = 90
        inputs[1] = ProfiledVariable(
            bins: .category(codes: [0, 1], codeCount: 2), counts: counts)
        let other = ReferenceProfile(
            inputs: .init(source: .test, rowCount: 100, variables: inputs),
            outputs: profile.outputs)
        #expect(ExampleRow(of: try model(other)).values[1] == "Köln")
    }

    @Test func doesWithoutAProfile() throws {
        #expect(ExampleRow(of: try model(nil)).values == [.number(0), "Bern"])
    }
}
