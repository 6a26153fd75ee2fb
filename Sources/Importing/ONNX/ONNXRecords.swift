// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// Rows that a graph is asked about when it is imported: made of the numbers and strings that it
/// compares with, since the file has no others.
struct ONNXRecords {
    private static let count = 48
    private static let goldenCount = 11
    private static let numbers = [0, 1, -1, 0.5, 10, 100]
    /// In no one's dictionary.
    private static let unseen = "\u{1}"

    /// Row by row; of a category, the code.
    let rows: [[Double]]
    private let builder: GraphBuilder

    init(_ builder: GraphBuilder) {
        self.builder = builder
        rows = (0..<Self.count).map { row in
            builder.features.enumerated().map { index, feature in
                // The features step through their values at their own paces.
                let step = row * (index % 7 + 1) + index
                if feature.isCategory { return Double(step % (feature.values.count + 1)) }
                let numbers = feature.landmarks.isEmpty ? Self.numbers : feature.landmarks
                return numbers[step % numbers.count]
            }
        }
    }

    /// Some of the rows, and one with nothing in it.
    var golden: [JSONValue] {
        rows.prefix(Self.goldenCount).map { row in
            .array(zip(row, builder.features).map { json($0, $1) })
        } + [.array(builder.features.map { _ in .null })]
    }

    private func json(_ value: Double, _ feature: GraphBuilder.BuiltFeature) -> JSONValue {
        guard feature.isCategory else { return .number(value) }
        let code = Int(value)
        return .string(
            code < feature.values.count ? builder.strings[feature.values[code]] : Self.unseen)
    }
}
