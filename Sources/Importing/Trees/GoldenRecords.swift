// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// Rows that prove an imported model: at thresholds and beside them, at listed categories, at
/// unseen ones, and where values are missing.
///
/// They follow from the model alone, so that importing a file twice gives the same artifact.
struct GoldenRecords {
    private static let count = 24
    /// What features without a threshold get in turn.
    private static let numbers: [Double] = [0, 1, -1, 0.5, 3, 1e6, -1e-3]

    private let schema: FeatureSchema
    private let precision: Precision
    /// By feature: what its splits compare with, rising.
    private let turningPoints: [[Double]]

    init(schema: FeatureSchema, trees: TreesModel) {
        var points = [Set<Double>](repeating: [], count: schema.count)
        for split in trees.trees.lazy.flatMap(\.splits) {
            switch split.rule {
            case .threshold(let threshold) where threshold.isFinite:
                points[split.feature].insert(threshold)
            case .threshold: break
            case .categories(let words): points[split.feature].insert(Double(words.count * 32 - 1))
            }
        }
        self.init(schema, trees.aggregation.precision, points.map { $0.sorted() })
    }

    /// For kinds without thresholds.
    init(schema: FeatureSchema) {
        self.init(schema, .float64, [[Double]](repeating: [], count: schema.count))
    }

    private init(
        _ schema: FeatureSchema, _ precision: Precision, _ points: [[Double]]
    ) {
        self.schema = schema
        self.precision = precision
        turningPoints = points
    }

    var records: [JSONValue] {
        let missing = [JSONValue](repeating: .null, count: schema.count)
        return [.array(missing)] + (0..<Self.count).map { row in .array(record(row)) }
    }

    private func record(_ row: Int) -> [JSONValue] {
        schema.features.enumerated().map { index, feature in
            // Each feature is missing in one row of the first, and some in others.
            if (row + index) % 8 == 7 { return .null }
            switch feature.kind {
            case .number: return .number(number(row, index))
            case .category(let dictionary):
                // None where only their hashes are known.
                let values = dictionary.values
                let code = (row + index) % (values.count + 1)
                return .string(code < values.count ? values[code] : unseen(by: dictionary))
            // No format that is read here has texts.
            case .text: return .null
            }
        }
    }

    private func number(_ row: Int, _ feature: Int) -> Double {
        let points = turningPoints[feature]
        guard !points.isEmpty else { return Self.numbers[(row + feature) % Self.numbers.count] }
        let point = points[(row * points.count / Self.count + feature) % points.count]
        switch (row % 3, precision) {
        case (0, _): return point
        case (1, .float32): return finite(Double(Float(point).nextUp), point)
        case (1, .float64): return finite(point.nextUp, point)
        case (_, .float32): return finite(Double(Float(point).nextDown), point)
        case (_, .float64): return finite(point.nextDown, point)
        }
    }

    private func finite(_ value: Double, _ otherwise: Double) -> Double {
        value.isFinite ? value : otherwise
    }

    private func unseen(by dictionary: CategoryDictionary) -> String {
        var value = "unseen"
        while dictionary.code(of: value) != dictionary.otherCode { value += "'" }
        return value
    }
}
