// SPDX-License-Identifier: Apache-2.0
import Models
import Rollout
import Testing

@testable import Serving

struct DriftWindowsTests {
    private static let second: UInt64 = 1_000_000_000

    private struct Run {
        let layout: ProfileLayout
        let model: Model
        var windows: DriftWindows
        var sample = DriftSample(seed: 9)

        init(_ limits: DriftLimits = DriftLimits(), referenceRowCount: Int = 5000) throws {
            let profile = try DriftSample.profile(rowCount: referenceRowCount)
            layout = profile.layout
            model = try #require(ServingFixture.model(intercept: 0))
            windows = DriftWindows(profile, layout, limits)
        }

        mutating func add(_ rows: [Double], at seconds: UInt64 = 0) -> Bool {
            let margins = DriftSample.margins(of: rows, model)
            return windows.add(at: seconds * DriftWindowsTests.second) { slots in
                var scratch: [Double] = []
                for row in 0..<rows.count / 2 {
                    layout.count(
                        row: rows.span.extracting(row * 2..<row * 2 + 2), texts: RowTexts(),
                        into: &slots)
                    layout.count(
                        answer: margins.span, at: row, of: model.output, &scratch, into: &slots)
                }
                return rows.count / 2
            }
        }

        /// A window of a thousand rows.
        mutating func window(
            shift: Double = 0, missing: Double = 0.05, unseen: Double = 0
        ) throws -> DriftWindow {
            let rows = sample.rows(1000, shift: shift, missing: missing, unseen: unseen)
            let isDue = add(rows)
            #expect(isDue)
            let closed = windows.close(unitCount: 500)
            return try #require(closed)
        }
    }

    @Test func endsByRowsOrByTime() throws {
        var run = try Run(DriftLimits(rowCount: 1000, seconds: 60))
        var isDue = run.add([], at: 5)
        #expect(!isDue)
        isDue = run.add(run.sample.rows(999), at: 10)
        #expect(!isDue)
        isDue = run.add([], at: 69)
        #expect(!isDue)
        isDue = run.add([], at: 70)
        #expect(isDue)
        let closed12 = run.windows.close(unitCount: nil)
        var window = try #require(closed12)
        #expect(window.number == 1)
        #expect(window.rowCount == 999)
        #expect(!window.isClustered)
        isDue = run.add(run.sample.rows(1000), at: 71)
        #expect(isDue)
        let closed13 = run.windows.close(unitCount: 199)
        window = try #require(closed13)
        #expect(window.number == 2)
        #expect(window.isClustered)
    }

    @Test func saysNothingOfFewRows() throws {
        var run = try Run(DriftLimits(rowCount: 1000, seconds: 60))
        _ = run.add(run.sample.rows(199, shift: 50), at: 0)
        let isDue = run.add([], at: 61)
        #expect(isDue)
        let none = run.windows.close(unitCount: nil)
        #expect(none == nil)
        // It neither counts as the first of two, nor stands between them.
        var window = try run.window(shift: 50)
        #expect(window.severity == .none)
        _ = run.add(run.sample.rows(100), at: 0)
        _ = run.windows.close(unitCount: nil)
        window = try run.window(shift: 50)
        #expect(window.severity == .critical)
    }

    @Test func findsNoDriftWhereThereIsNone() throws {
        var run = try Run()
        for _ in 0..<100 {
            let window = try run.window()
            #expect(window.severity == .none)
        }
    }

    @Test func tellsAShiftAfterTwoWindows() throws {
        var run = try Run()
        let window1 = try run.window(shift: 50)
        #expect(window1.severity == .none)
        let window = try run.window(shift: 50)
        #expect(window.inputs.map(\.severity) == [.critical, .none])
        #expect(window.outputs.map(\.severity) == [.critical, .critical])
        let age = try #require(window.inputs.first)
        #expect(try #require(age.distance).bins == 10)
        #expect(abs(try #require(age.outOfRange).windowShare - 0.5 * 0.95) < 0.05)
        #expect(
            age.statistics.map(\.statistic) == [
                .psi, .jensenShannon, .kolmogorovSmirnov, .missing, .outOfRange,
            ])
        #expect(
            window.inputs[1].statistics.map(\.statistic) == [
                .psi, .jensenShannon, .missing, .unseen,
            ])
        let window2 = try run.window()
        #expect(window2.inputs[0].severity == .none)
    }

    @Test func warnsOfMissingValues() throws {
        var run = try Run()
        let window3 = try run.window(missing: 0.2)
        #expect(window3.inputs[0].severity == .none)
        let window4 = try run.window(missing: 0.2)
        #expect(window4.inputs[0].severity == .warning)
        // Three points more are no warning, and fewer nulls are one too.
        let window5 = try run.window(missing: 0.08)
        #expect(window5.inputs[0].severity == .none)
        let window6 = try run.window(missing: 0.08)
        #expect(window6.inputs[0].severity == .none)
    }

    @Test func warnsOfValuesNeverSeen() throws {
        var run = try Run()
        let window7 = try run.window(unseen: 0.04)
        #expect(window7.inputs[1].severity == .none)
        let window8 = try run.window(unseen: 0.04)
        #expect(window8.inputs[1].severity >= .warning)
        let window9 = try run.window()
        #expect(window9.inputs[1].severity == .none)
    }

    @Test func warnsOfValuesOutOfRange() throws {
        var run = try Run()
        // Too little for the bins to tell.
        let window10 = try run.window(shift: 4)
        #expect(window10.inputs[0].severity == .none)
        let window = try run.window(shift: 4)
        #expect(window.inputs[0].severity == .warning)
        #expect(try #require(window.inputs[0].distance).correctedIndex < 0.05)
    }

    /// Of fewer reference rows than a thousand nothing is told.
    @Test func needsAReference() throws {
        var run = try Run(referenceRowCount: 900)
        for _ in 0..<4 {
            let window11 = try run.window(shift: 50, missing: 0.5, unseen: 0.5)
            #expect(window11.severity == .none)
        }
    }

    /// Nothing but nulls: no bins to compare, and a warning all the same.
    @Test func survivesAFeatureThatIsGone() throws {
        var run = try Run()
        _ = try run.window(missing: 1)
        let window = try run.window(missing: 1)
        #expect(window.inputs[0].distance == nil)
        #expect(window.inputs[0].severity == .warning)
    }

    @Test func joinsRareCategories() throws {
        var counts = VariableCounts(bins: (0..<65).map { UInt64(200 - $0) })
        counts.unseen = 30
        let reference = ProfiledVariable(
            bins: .category(codes: Array(0..<64), codeCount: 100), counts: counts)
        var judge = VariableJudge(reference, featureCount: 1)
        let same = judge.judge(counts)
        #expect(try #require(same.distance).bins == 10)
        #expect(try #require(same.distance).stabilityIndex == 0)
        #expect(same.severity == .none)
    }
}
