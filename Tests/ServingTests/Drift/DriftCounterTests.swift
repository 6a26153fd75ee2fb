// SPDX-License-Identifier: Apache-2.0
import Models
import Testing

@testable import Serving

struct DriftCounterTests {
    private let layout = ProfileLayout(
        inputs: [.number(edges: [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5], range: 0...7)], outputs: [])

    /// Counts requests of so many rows each, the values 0 to 7 in turn, as a loop would.
    private func count(
        _ counter: inout DriftCounter, requests: Int, of rowCount: Int = 1,
        passing: inout Int, unit: (Int) -> DriftUnit = { _ in .unknown }
    ) {
        var scratch: [Double] = []
        let margins = [Double](repeating: 0, count: rowCount)
        for request in 0..<requests {
            if passing >= rowCount {
                passing -= rowCount
                continue
            }
            let values = (0..<rowCount).map { Double((request * rowCount + $0) % 8) }
            let rows = DriftCounter.Rows(
                values: values, width: 1, count: rowCount, texts: RowTexts(), margins: margins,
                unit: unit(request))
            passing = counter.count(rows, from: passing, layout, .regression, &scratch)
        }
    }

    private func take(_ counter: inout DriftCounter) -> (rowCount: Int, variable: VariableCounts) {
        var fresh = [UInt64](repeating: 0, count: layout.slotCount)
        let rowCount = counter.take(&fresh)
        return (rowCount, layout.variables(fresh).inputs[0])
    }

    @Test func countsEveryRowOfFew() {
        var counter = DriftCounter(slotCount: layout.slotCount, seed: 1)
        var passing = 0
        count(&counter, requests: 100, of: 16, passing: &passing)
        let taken = take(&counter)
        #expect(taken.rowCount == 1600)
        #expect(taken.variable.bins == [UInt64](repeating: 200, count: 8))
        let again = take(&counter)
        #expect(again.rowCount == 0)
        #expect(again.variable.total == 0)
    }

    /// Of a hundred times as many rows as it takes it takes about so many, and no value more often,
    /// though values come in a rhythm of eight.
    @Test(arguments: [1, 8, 100])
    func countsASampleOfMany(_ batch: Int) {
        var counter = DriftCounter(slotCount: layout.slotCount, seed: 2)
        var passing = 0
        for second in 0..<6 {
            count(&counter, requests: 200_000 / batch, of: batch, passing: &passing)
            let taken = take(&counter)
            // The first second finds out by doubling.
            let most = second == 0 ? 16_000 : 3000
            #expect((1000...most).contains(taken.rowCount))
            guard second > 0 else { continue }
            #expect((90...110).contains(counter.gap))
            for bin in taken.variable.bins {
                #expect(abs(Double(bin) / Double(taken.rowCount) - 0.125) < 0.04)
            }
        }
        count(&counter, requests: 10, passing: &passing)
        _ = take(&counter)
        #expect(counter.gap == 1)
    }

    @Test func countsAKeyOnceInAWindow() {
        var counter = DriftCounter(slotCount: layout.slotCount, seed: 3)
        var passing = 0
        count(&counter, requests: 300, of: 4, passing: &passing) { .key(UInt64($0 % 30 + 1)) }
        #expect(take(&counter).rowCount == 30)
        count(&counter, requests: 30, of: 4, passing: &passing) { .key(UInt64($0 % 30 + 1)) }
        #expect(take(&counter).rowCount == 0)
        let units = counter.takeUnits()
        #expect(units.units.count == 30)
        #expect(units.unknownCount == 0)
        count(&counter, requests: 30, of: 4, passing: &passing) { .key(UInt64($0 % 30 + 1)) }
        #expect(take(&counter).rowCount == 30)
    }

    /// A client may be a proxy: all its rows count, and who it is does.
    @Test func countsAllRowsOfAClient() {
        var counter = DriftCounter(slotCount: layout.slotCount, seed: 3)
        var passing = 0
        count(&counter, requests: 300, of: 2, passing: &passing) { .client(UInt64($0 % 30 + 1)) }
        #expect(take(&counter).rowCount == 600)
        let units = counter.takeUnits()
        #expect(units.units.count == 30)
        #expect(units.unknownCount == 0)
        count(&counter, requests: 3, passing: &passing)
        #expect(counter.takeUnits().unknownCount == 3)
    }
}

struct UnitSetTests {
    @Test func knowsWhatWasInserted() {
        var units = UnitSet()
        for hash: UInt64 in [0, .max, 5, 1 << 52, 5 << 40] {
            var insertion = units.insert(hash)
            #expect(insertion == .inserted)
            insertion = units.insert(hash)
            #expect(insertion == .known)
        }
        #expect(units.count == 5)
        #expect(units.elements.count == 5)
    }

    /// Full it still knows who is in, and takes no more: probing stays short.
    @Test func takesNoMoreThanHalfItsSlots() {
        var units = UnitSet()
        for hash in 0..<UInt64(UnitSet.slotCount) { _ = units.insert(hash + 10) }
        #expect(units.count == UnitSet.slotCount / 2)
        let first = units.insert(10)
        #expect(first == .known)
        let last = units.insert(1 << 60)
        #expect(last == .full)
    }
}
