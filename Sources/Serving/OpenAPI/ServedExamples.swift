// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// Requests that a version answers, made of the rows that it has proved itself by.
struct ServedExamples {
    private let served: ServedModel

    init(_ served: ServedModel) {
        self.served = served
    }

    var json: JSONValue {
        let features = served.model.schema.features
        let rows = served.model.goldenRows.prefix(2).map {
            served.model.schema.values(of: $0.record)
        }
        guard let row = rows.first else { return [:] }
        let named = zip(features, row).map { JSONValue.Member(name: $0.name, value: $1) }
        var members: [JSONValue.Member] = [
            example("by-position", "One row by position", ["features": .array(row)]),
            example("by-name", "One row by name", ["features": .object(named)]),
            example(
                "instances", "Many rows", ["instances": .array(rows.map { .array($0) })]),
        ]
        if served.model.isExplainable {
            members.append(
                example(
                    "explain", "One row, explained", ["features": .array(row), "explain": true]))
        }
        return .object(members)
    }

    private func example(
        _ name: String, _ summary: String, _ value: JSONValue
    ) -> JSONValue.Member {
        .init(name: name, value: ["summary": .string(summary), "value": value])
    }
}

extension FeatureSchema {
    /// A record's values in the order of the features, `null` for those that it lacks. Names are
    /// told apart by their bytes, as in requests.
    ///
    /// - Complexity: O(features): a model may have thousands, and a loop answers with them.
    func values(of record: JSONValue) -> [JSONValue] {
        if let values = record.array { return values }
        let named = (record.members ?? []).map { (Array($0.name.utf8), $0.value) }
        let values = Dictionary(named, uniquingKeysWith: { first, _ in first })
        return features.map { values[Array($0.name.utf8)] ?? .null }
    }
}
