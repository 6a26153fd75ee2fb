// SPDX-License-Identifier: Apache-2.0

/// Where each bin of a profile lies in one flat list of counts, and the way of a row into them.
///
/// The trainer and the server count with the same code. A variable has a slot for each bin, then
/// one each for below, above, unseen and missing. Counting allocates nothing and takes a number's
/// bin without a branch on the data, which would be guessed wrong as often as not.
package struct ProfileLayout: Sendable {
    private enum Kind: UInt8 {
        case number, category, text
    }

    private struct Lane: Sendable {
        let kind: Kind
        /// Of the variable's slots.
        let first: Int
        let binCount: Int
        /// Of its edges or codes among those of its kind.
        let start: Int
        /// How many codes have a bin.
        let codeCount: Int
        let minimum: Double
        let maximum: Double
    }

    /// The edges of a number, padded with infinity: five steps of a binary search.
    private static let edgeStride = 31
    private static let extraSlotCount = 4

    private let inputs: [Lane]
    private let outputs: [Lane]
    private let edges: [Double]
    private let binOfCode: [UInt8]
    package let slotCount: Int

    package init(inputs: [ProfileBins], outputs: [ProfileBins]) {
        var edges: [Double] = []
        var binOfCode: [UInt8] = []
        var slotCount = 0
        func lane(_ bins: ProfileBins) -> Lane {
            let first = slotCount
            slotCount += bins.count + Self.extraSlotCount
            switch bins {
            case .number(let cuts, let range):
                let start = edges.count
                edges += cuts
                edges += [Double](
                    repeating: .infinity, count: start + Self.edgeStride - edges.count)
                return Lane(
                    kind: .number, first: first, binCount: bins.count, start: start, codeCount: 0,
                    minimum: range?.lowerBound ?? -.infinity,
                    maximum: range?.upperBound ?? .infinity)
            case .category(let codes, let codeCount):
                let start = binOfCode.count
                binOfCode += [UInt8](repeating: UInt8(codes.count), count: codeCount)
                for (bin, code) in codes.enumerated() { binOfCode[start + code] = UInt8(bin) }
                return Lane(
                    kind: .category, first: first, binCount: bins.count, start: start,
                    codeCount: codeCount, minimum: 0, maximum: 0)
            case .text:
                return Lane(
                    kind: .text, first: first, binCount: 1, start: 0, codeCount: 0, minimum: 0,
                    maximum: 0)
            }
        }
        self.inputs = inputs.map(lane)
        self.outputs = outputs.map(lane)
        self.edges = edges
        self.binOfCode = binOfCode
        self.slotCount = slotCount
    }

    /// Counts one row's features.
    ///
    /// - Precondition: `row` has a value for each input, `counts` room for `slotCount`.
    package func count(
        row: Span<Double>, texts: borrowing RowTexts, into counts: inout [UInt64]
    ) {
        var counts = counts.mutableSpan
        for (index, lane) in inputs.enumerated() {
            count(row[index], lane, texts, &counts)
        }
    }

    /// Counts one row's answer.
    ///
    /// - Parameters:
    ///   - margins: those of the row begin at `start`.
    ///   - scratch: is overwritten.
    package func count(
        answer margins: Span<Double>, at start: Int, of output: borrowing Output,
        _ scratch: inout [Double], into counts: inout [UInt64]
    ) {
        scratch.removeAll(keepingCapacity: true)
        output.appendOutputs(margins, at: start, to: &scratch)
        let indices = output.profiledIndices
        let noTexts = RowTexts()
        var counts = counts.mutableSpan
        for (lane, index) in zip(outputs, indices) {
            count(scratch[index], lane, noTexts, &counts)
        }
        if outputs.count > indices.count {
            let choice = output.predictedIndex(margins, at: start)
            count(Double(choice), outputs[indices.count], noTexts, &counts)
        }
    }

    @inline(__always)
    private func count(
        _ value: Double, _ lane: Lane, _ texts: borrowing RowTexts,
        _ counts: inout MutableSpan<UInt64>
    ) {
        let extras = lane.first &+ lane.binCount
        guard !value.isNaN else {
            counts[extras &+ 3] &+= 1
            return
        }
        switch lane.kind {
        case .number:
            counts[lane.first &+ bin(of: value, from: lane.start)] &+= 1
            if value < lane.minimum { counts[extras] &+= 1 }
            if value > lane.maximum { counts[extras &+ 1] &+= 1 }
        case .category:
            if value >= 0, value < Double(lane.codeCount) {
                counts[lane.first &+ Int(binOfCode[lane.start &+ Int(value)])] &+= 1
            } else {
                counts[extras &+ 2] &+= 1
            }
        case .text:
            let isThere = texts.range(of: value).map { !$0.isEmpty } ?? false
            counts[isThere ? lane.first : extras &+ 3] &+= 1
        }
    }

    /// How many of the 31 edges from `start` on lie below `value`.
    @inline(__always)
    private func bin(of value: Double, from start: Int) -> Int {
        let edges = edges.span
        var place = start
        place &+= Int(bit: edges[place &+ 15] < value) << 4
        place &+= Int(bit: edges[place &+ 7] < value) << 3
        place &+= Int(bit: edges[place &+ 3] < value) << 2
        place &+= Int(bit: edges[place &+ 1] < value) << 1
        place &+= Int(bit: edges[place] < value)
        return place &- start
    }

    /// What the slots hold, variable by variable.
    ///
    /// - Precondition: `counts` has `slotCount` elements.
    package func variables(
        _ counts: [UInt64]
    ) -> (inputs: [VariableCounts], outputs: [VariableCounts]) {
        func variable(_ lane: Lane) -> VariableCounts {
            let extras = lane.first + lane.binCount
            var variable = VariableCounts(bins: Array(counts[lane.first..<extras]))
            variable.below = counts[extras]
            variable.above = counts[extras + 1]
            variable.unseen = counts[extras + 2]
            variable.missing = counts[extras + 3]
            return variable
        }
        return (inputs.map(variable), outputs.map(variable))
    }
}
