// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// Requests that a version answers.
struct ServedExamples {
    private let served: ServedModel

    init(_ served: ServedModel) {
        self.served = served
    }

    var json: JSONValue {
        let example = ExampleRow(of: served.model)
        let row = JSONValue.array(example.values)
        let missing = JSONValue.array(example.values.map { _ in .null })
        var members: [JSONValue.Member] = [
            request("by-position", "One row by position", ["features": row]),
            request("by-name", "One row by name", ["features": example.named]),
            request(
                "instances", "Many rows, of which one lacks all", ["instances": [row, missing]]),
        ]
        if served.model.isExplainable {
            members.append(
                request("explain", "One row, explained", ["features": row, "explain": true]))
        }
        return .object(members)
    }

    private func request(
        _ name: String, _ summary: String, _ value: JSONValue
    ) -> JSONValue.Member {
        .init(name: name, value: ["summary": .string(summary), "value": value])
    }
}
