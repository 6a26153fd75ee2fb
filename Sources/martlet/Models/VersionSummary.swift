// SPDX-License-Identifier: Apache-2.0
import JSON

/// What lineage tells of a version at a glance.
struct VersionSummary {
    /// What `fit --model` was asked for or found, or the format of an imported file.
    let kind: String?
    /// The first metric on the rows held out, by which versions are compared.
    let metric: (name: String, value: Double)?

    init(lineage text: String) {
        let lineage = (try? JSONValue(parsing: text)) ?? .null
        // An artifact that was exported brings the record of its training along.
        let training = lineage["training"]
        kind =
            (lineage["settings"] ?? training)?["model"]?.string
            ?? training?["imported"]?["format"]?.string ?? lineage["imported"]?["format"]?.string
        let metrics = (lineage["metrics"] ?? training?["metrics"])?["test"]?.members ?? []
        // `rows` says of how many rows they are.
        metric =
            metrics.lazy.filter { $0.name != "rows" }
            .compactMap { member in member.value.number.map { (member.name, $0) } }.first
    }

    var json: [JSONValue.Member] {
        [
            .init(name: "kind", value: kind.map { .string($0) } ?? .null),
            .init(
                name: "metric",
                value: metric.map { ["name": .string($0.name), "test": .number($0.value)] } ?? .null
            ),
        ]
    }

    /// The metric to four places.
    var metricText: String {
        guard let metric else { return "-" }
        let units = (metric.value * 1e4).rounded()
        return "\(metric.name) \(units.magnitude < 1e15 ? units / 1e4 : metric.value)"
    }
}
