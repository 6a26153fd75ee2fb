// SPDX-License-Identifier: Apache-2.0
import Models
import Telemetry
import Testing

@testable import Serving

/// Rows of `ServingFixture`'s model, an age and a city, and their profile.
struct DriftSample {
    static let edges = (1..<20).map { Double($0) * 5 }

    /// Ages evenly from 0 to 100, one in twenty missing; Bern three times as often as Köln.
    static func profile(rowCount: Int = 5000) throws -> ReferenceProfile {
        let model = try #require(ServingFixture.model(intercept: 0))
        let bins: [ProfileBins] = [
            .number(edges: edges, range: 0...100), .category(codes: [0, 1], codeCount: 2),
        ]
        let outputs: [ProfileBins] = [
            .number(edges: edges.map { $0 / 100 }, range: 0...1),
            .category(codes: [1, 0], codeCount: 2),
        ]
        let layout = ProfileLayout(inputs: bins, outputs: outputs)
        var slots = [UInt64](repeating: 0, count: layout.slotCount)
        var sample = DriftSample(seed: 1)
        let rows = sample.rows(rowCount)
        let margins = margins(of: rows, model)
        var scratch: [Double] = []
        for row in 0..<rowCount {
            layout.count(
                row: rows.span.extracting(row * 2..<row * 2 + 2), texts: RowTexts(), into: &slots)
            layout.count(
                answer: margins.span, at: row, of: model.output, &scratch, into: &slots)
        }
        let counts = layout.variables(slots)
        func part(_ bins: [ProfileBins], _ counts: [VariableCounts]) -> ReferenceProfile.Part {
            .init(
                source: .test, rowCount: rowCount,
                variables: zip(bins, counts).map { ProfiledVariable(bins: $0, counts: $1) })
        }
        return ReferenceProfile(
            inputs: part(bins, counts.inputs), outputs: part(outputs, counts.outputs))
    }

    static func margins(of rows: [Double], _ model: Model) -> [Double] {
        var margins: [Double] = []
        model.appendMargins(of: rows.span, to: &margins)
        return margins
    }

    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func unit() -> Double { Double(random.next() >> 11) * 0x1p-53 }

    /// - Parameters:
    ///   - shift: added to each age.
    ///   - missing: the share of ages that are.
    ///   - unseen: the share of cities that are.
    mutating func rows(
        _ count: Int, shift: Double = 0, missing: Double = 0.05, unseen: Double = 0
    ) -> [Double] {
        var rows: [Double] = []
        for _ in 0..<count {
            let age = unit() * 100
            rows.append(unit() < missing ? .nan : age + shift)
            let city = unit()
            rows.append(unit() < unseen ? 2 : city < 0.75 ? 0 : 1)
        }
        return rows
    }
}
