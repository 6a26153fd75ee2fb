// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models
import Telemetry

/// Tells what it costs to count a row for drift: of 14 and 28 numbers in 20 bins each, of as many
/// categories of 40 values, and its answer of two labels.
struct DriftTimes {
    private static let rowCount = 4096
    private static let roundCount = 200

    private var random = SplitMix64(seed: 7)

    private mutating func unit() -> Double { Double(random.next() >> 11) * 0x1p-53 }

    mutating func run() -> Bool {
        let edges = (1..<20).map { Double($0) / 20 }
        var isRight = true
        for width in [14, 28] {
            let count = Self.rowCount * width
            let numbers = (0..<count).map { _ in unit() }
            let codes = (0..<count).map { _ in (unit() * 41).rounded(.down) }
            isRight =
                measure("numbers", width, .number(edges: edges, range: 0.01...0.99), numbers)
                && measure(
                    "categories", width, .category(codes: Array(0..<40), codeCount: 40), codes)
                && isRight
        }
        return isRight
    }

    /// - Returns: whether every variable has counted every row.
    private mutating func measure(
        _ name: String, _ width: Int, _ bins: ProfileBins, _ values: [Double]
    ) -> Bool {
        let output = Output.binary(labels: ["no", "yes"])
        let layout = ProfileLayout(
            inputs: [ProfileBins](repeating: bins, count: width),
            outputs: [
                .number(edges: (1..<20).map { Double($0) / 20 }, range: 0...1),
                .category(codes: [0, 1], codeCount: 2),
            ])
        var slots = [UInt64](repeating: 0, count: layout.slotCount)
        var scratch: [Double] = []
        let texts = RowTexts()
        let margins = (0..<Self.rowCount).map { _ in unit() * 6 - 3 }
        let row = Self.nanoseconds { row in
            layout.count(
                row: values.span.extracting(row * width..<(row + 1) * width), texts: texts,
                into: &slots)
        }
        let answer = Self.nanoseconds { row in
            layout.count(answer: margins.span, at: row, of: output, &scratch, into: &slots)
        }
        Self.say(
            "\(width) \(name): \(Self.digits(row)) ns a row, "
                + "\(Self.digits(row / Double(width))) a feature; its answer \(Self.digits(answer))"
        )
        let counts = layout.variables(slots)
        return (counts.inputs + counts.outputs).allSatisfy {
            $0.total == UInt64(Self.rowCount * Self.roundCount)
        }
    }

    /// A row's time: the median over the rounds of a round's mean.
    private static func nanoseconds(_ body: (Int) -> Void) -> Double {
        let times = (0..<roundCount).map { _ in
            let start = MonotonicClock.nanoseconds()
            for row in 0..<rowCount { body(row) }
            return MonotonicClock.nanoseconds() - start
        }
        return Double(times.sorted()[roundCount / 2]) / Double(rowCount)
    }

    private static func digits(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private static func say(_ text: String) {
        let line = Array("\(text)\n".utf8)
        _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}

var times = DriftTimes()
exit(times.run() ? 0 : 1)
