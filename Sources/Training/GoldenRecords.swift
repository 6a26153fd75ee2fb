// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// The inputs that every artifact carries to prove itself: the first rows, and the edges of what
/// may come.
enum GoldenRecords {
    private static let firstCount = 8

    static func records(of data: Dataset) -> [JSONValue] {
        let width = data.schema.count
        var records = (0..<min(firstCount, data.count)).map { row in
            record(data) { data.rows[row * width + $0] }
        }
        records.append(.array([JSONValue](repeating: .null, count: width)))
        for edge in [Double.infinity, -.infinity] {
            records.append(record(data) { extreme(data, feature: $0, towards: edge) })
        }
        // A value that no dictionary holds, and numbers far from any that was seen.
        records.append(
            .array(
                data.schema.features.map { feature in
                    switch feature.kind {
                    case .number: .number(1e6)
                    case .category(let dictionary): .string(unseen(by: dictionary))
                    case .text: .string("")
                    }
                }))
        return records
    }

    /// A row as a record: codes and slots become the texts they stand for.
    private static func record(_ data: Dataset, _ value: (Int) -> Double) -> JSONValue {
        .array(
            data.schema.features.indices.map { index in
                let value = value(index)
                if value.isNaN { return .null }
                switch data.schema.features[index].kind {
                case .number: return .number(value)
                case .category(let dictionary):
                    let code = Int(value)
                    return .string(
                        code < dictionary.otherCode
                            ? dictionary.values[code] : unseen(by: dictionary))
                case .text: return .string(text(value, data.texts))
                }
            })
    }

    private static func text(_ slot: Double, _ texts: RowTexts) -> String {
        texts.range(of: slot).map { String(decoding: texts.bytes[$0], as: UTF8.self) } ?? ""
    }

    private static func extreme(
        _ data: Dataset, feature: Int, towards edge: Double
    ) -> Double {
        var extreme = Double.nan
        for row in 0..<data.count {
            let value = data.rows[row * data.schema.count + feature]
            if value.isNaN { continue }
            if extreme.isNaN || (edge > 0 ? value > extreme : value < extreme) { extreme = value }
        }
        return extreme
    }

    private static func unseen(by dictionary: CategoryDictionary) -> String {
        var value = "unseen"
        while dictionary.code(of: value) != dictionary.otherCode { value += "'" }
        return value
    }
}
