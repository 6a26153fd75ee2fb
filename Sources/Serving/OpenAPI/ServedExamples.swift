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
        let rows = served.model.goldenRows.prefix(2).map { values($0.record) }
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

    /// A record's values in the order of the features.
    private func values(_ record: JSONValue) -> [JSONValue] {
        record.array ?? served.model.schema.features.map { record[$0.name] ?? .null }
    }
}
