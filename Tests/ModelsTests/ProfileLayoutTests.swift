// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Models

struct ProfileLayoutTests {
    /// Counts rows of one variable and its answer, of a regression.
    private static func counts(
        _ bins: ProfileBins, _ values: [Double], texts: RowTexts = RowTexts()
    ) throws -> VariableCounts {
        let layout = ProfileLayout(inputs: [bins], outputs: [])
        var slots = [UInt64](repeating: 0, count: layout.slotCount)
        for value in values {
            let row = [value]
            layout.count(row: row.span, texts: texts, into: &slots)
        }
        return try #require(layout.variables(slots).inputs.first)
    }

    /// As many edges as there may be, and every number of them: the same bin as by looking at
    /// one after the other.
    @Test(arguments: 0..<ProfileBins.numberCountMax)
    func putsANumberBehindTheEdgesBelowIt(_ edgeCount: Int) throws {
        let edges = (0..<edgeCount).map { Double($0 * $0) - 7 }
        let bins = ProfileBins.number(edges: edges, range: -7...400)
        let near = edges.flatMap { [$0.nextDown, $0, $0.nextUp] }
        for value in near + [-.infinity, -1e300, -0.0, 0, 12.5, 1e300, .infinity] {
            let counts = try Self.counts(bins, [value])
            let expected = edges.count { $0 < value }
            #expect(counts.bins.firstIndex(of: 1) == expected)
            #expect(counts.total == 1)
            #expect(counts.below == (value < -7 ? 1 : 0))
            #expect(counts.above == (value > 400 ? 1 : 0))
        }
    }

    @Test func tellsMissingNumbersFromAll() throws {
        let bins = ProfileBins.number(edges: [0], range: -1...1)
        let counts = try Self.counts(bins, [.nan, -.nan, -2, 0.5, 1, 1.5])
        #expect(counts.missing == 2)
        #expect(counts.bins == [1, 3])
        #expect(counts.below == 1)
        #expect(counts.above == 1)
    }

    @Test func hasNothingOutOfRangeWhereTrainingSawNoValue() throws {
        let counts = try Self.counts(.number(edges: [], range: nil), [-1e300, 5])
        #expect(counts.bins == [2])
        #expect(counts.below + counts.above == 0)
    }

    @Test func countsCodesWithoutABinTogetherAndUnseenApart() throws {
        let bins = ProfileBins.category(codes: [2, 0], codeCount: 4)
        let counts = try Self.counts(bins, [0, 1, 2, 2, 3, 4, 4, .nan, 1e300, -1])
        #expect(counts.bins == [2, 1, 2])
        #expect(counts.unseen == 4)
        #expect(counts.missing == 1)
    }

    @Test func hasNoBinForACategoryWithoutValues() throws {
        let counts = try Self.counts(.category(codes: [], codeCount: 0), [0, 0, .nan])
        #expect(counts.bins.isEmpty)
        #expect(counts.unseen == 2)
        #expect(counts.total == 3)
    }

    @Test func takesAnEmptyTextForMissing() throws {
        var texts = RowTexts()
        let slots = ["a", "", "b"].map { texts.append($0) }
        let counts = try Self.counts(.text, slots + [.nan, 99], texts: texts)
        #expect(counts.bins == [2])
        #expect(counts.missing == 3)
    }

    /// One probability of two, and the label; all of three, and the label.
    @Test func countsAnswersAndTheChoice() throws {
        for (labels, margins) in [(["n", "y"], [2.0]), (["a", "b", "c"], [0, 3, 1])] {
            let output: Output =
                labels.count == 2 ? .binary(labels: labels) : .multiclass(labels: labels)
            let outputs =
                output.profiledIndices.map { _ in
                    ProfileBins.number(edges: [0.5], range: 0...1)
                } + [.category(codes: [1, 0], codeCount: labels.count)]
            let layout = ProfileLayout(inputs: [.text], outputs: outputs)
            var slots = [UInt64](repeating: 0, count: layout.slotCount)
            var scratch: [Double] = []
            let shifted = [9, 9] + margins
            layout.count(
                answer: shifted.span, at: 2, of: output, &scratch, into: &slots)
            let (inputs, answers) = layout.variables(slots)
            #expect(inputs[0].total == 0)
            #expect(answers.map(\.total) == outputs.map { _ in 1 })
            // The second label, with a probability above a half.
            #expect(answers[labels.count == 2 ? 0 : 1].bins == [0, 1])
            #expect(answers[outputs.count - 1].bins.first == 1)
        }
    }

    @Test func looksAtSixteenOfManyClasses() {
        let labels = (0..<30).map { "\($0)" }
        #expect(Output.multiclass(labels: labels).profiledIndices == 0..<16)
        #expect(Output.regression.profiledIndices == 0..<1)
        #expect(Output.binary(labels: ["a", "b"]).profiledIndices == 1..<2)
    }
}
