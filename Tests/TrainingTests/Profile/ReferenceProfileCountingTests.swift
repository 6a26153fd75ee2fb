// SPDX-License-Identifier: Apache-2.0
import Models
import Testing

@testable import Training

struct ReferenceProfileCountingTests {
    private static func edges(_ values: [Double]) -> [Double]? {
        guard
            case .number(let edges, _) = ProfileBins.numbers(rowCount: values.count, { values[$0] })
        else { return nil }
        return edges
    }

    @Test func givesEveryValueABinWhereThereAreFew() {
        #expect(Self.edges([0, 1, 0, 0]) == [0.5])
        #expect(Self.edges([3, .nan, 1, 2, 1]) == [1.5, 2.5])
        #expect(Self.edges((0..<20).map { Double($0) })?.count == 19)
        #expect(Self.edges([7, 7]) == [])
        #expect(Self.edges([]) == [])
        #expect(Self.edges([.nan]) == [])
        // Nothing lies between these two, and nothing may overflow.
        #expect(Self.edges([1, 1.0.nextUp]) == [1])
        #expect(Self.edges([-1e308, 1e308]) == [0])
    }

    @Test func givesATwentiethToEachBinOfMany() throws {
        var random = SplitMix64(seed: 3)
        let values = (0..<2000).map { _ in random.unit() }
        let edges = try #require(Self.edges(values))
        #expect(edges.count == 19)
        for (low, high) in zip([-1] + edges, edges + [2]) {
            let held = values.count { low < $0 && $0 <= high }
            #expect(abs(held - 100) <= 1)
        }
    }

    /// Nine tenths are zero: their bin is one, and the rest keeps the others.
    @Test func mergesWhatFallsOnOneValue() throws {
        let values = (0..<2000).map { $0 < 1800 ? 0 : Double($0) }
        let edges = try #require(Self.edges(values))
        #expect(edges == [900, 1899.5])
        let clipped = try #require(Self.edges(values.map { min($0, 1800) - 1800 }))
        #expect(clipped == [-900])
    }

    @Test func takesManyRowsBySample() throws {
        let count = 400_000
        guard
            case .number(let edges, let range) = ProfileBins.numbers(
                rowCount: count, { Double(($0 * 7919) % count) })
        else { return }
        #expect(range == 0...Double(count - 1))
        for (index, edge) in edges.enumerated() {
            #expect(abs(edge / Double(count) - Double(index + 1) / 20) < 0.02)
        }
    }

    @Test func keepsTheMostFrequentCodes() {
        let codes = (0..<500).map { Double($0 % 100) } + [70, 70, 99, .nan, 100]
        let bins = ProfileBins.categories(codeCount: 100, rowCount: codes.count) { codes[$0] }
        guard case .category(let kept, 100) = bins else {
            Issue.record("not a category")
            return
        }
        #expect(kept.prefix(4) == [70, 99, 0, 1])
        #expect(kept.count == 64)
        #expect(bins.count == 65)
    }

    private static func rows(
        _ source: ReferenceProfile.Source, count: Int, seed: UInt64
    ) throws -> ProfiledRows {
        let cities = try #require(CategoryDictionary(values: ["Bern", "Köln"]))
        let schema = try #require(
            FeatureSchema([
                Feature(name: "age", kind: .number), Feature(name: "city", kind: .category(cities)),
                Feature(name: "note", kind: .text),
            ]))
        var random = SplitMix64(seed: seed)
        var texts = RowTexts()
        let note = texts.append("note")
        var rows: [Double] = []
        for row in 0..<count {
            rows.append(row % 10 == 0 ? .nan : random.unit())
            rows.append(Double(row % 3))
            rows.append(row % 4 == 0 ? .nan : note)
        }
        let data = Dataset(
            schema: schema, rows: rows, texts: texts, target: .unlabelled(count))
        return ProfiledRows(source, data, (0..<count).map { _ in random.unit() - 0.5 })
    }

    @Test func countsHeldOutRowsWhereThereAreEnough() throws {
        let train = try Self.rows(.train, count: 3000, seed: 1)
        let test = try Self.rows(.test, count: 1000, seed: 2)
        let profile = try #require(
            ReferenceProfile(train: train, test: test, output: .binary(labels: ["n", "y"])))
        #expect(profile.inputs.source == .test)
        #expect(profile.inputs.rowCount == 1000)
        let inputs = profile.inputs.variables
        #expect(inputs.map(\.counts.total) == [1000, 1000, 1000])
        #expect(inputs[0].counts.missing == 100)
        #expect(inputs[1].counts.unseen == 333)
        #expect(inputs[1].bins == .category(codes: [0, 1], codeCount: 2))
        #expect(inputs[2].counts.bins == [750])
        #expect(profile.outputs.variables.map(\.counts.total) == [1000, 1000])
        #expect(profile.outputs.variables[0].bins.count == 20)
    }

    /// Of few held-out rows only the answers count: on training rows a model is too sure.
    @Test func countsTrainingRowsWhereFewAreHeldOut() throws {
        let train = try Self.rows(.train, count: 3000, seed: 1)
        let test = try Self.rows(.test, count: 999, seed: 2)
        let profile = try #require(
            ReferenceProfile(train: train, test: test, output: .binary(labels: ["n", "y"])))
        #expect(profile.inputs.source == .train)
        #expect(profile.inputs.rowCount == 3000)
        #expect(profile.outputs.source == .test)
        #expect(profile.outputs.rowCount == 999)
        let none = try Self.rows(.test, count: 0, seed: 2)
        let alone = try #require(ReferenceProfile(train: train, test: none, output: .regression))
        #expect(alone.outputs.source == .train)
        #expect(alone.outputs.variables.count == 1)
        let empty = try Self.rows(.train, count: 0, seed: 2)
        #expect(ReferenceProfile(train: empty, test: none, output: .regression) == nil)
    }
}
