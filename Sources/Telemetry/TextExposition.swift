// SPDX-License-Identifier: Apache-2.0

/// Writes metrics as Prometheus text 0.0.4 or OpenMetrics 1.0.
package enum TextExposition: Sendable {
    case prometheus
    case openMetrics

    package func append(_ registry: MetricsRegistry, to output: inout [UInt8]) {
        for (name, family) in registry.snapshot where !family.series.isEmpty {
            append(name, family, to: &output)
        }
        if self == .openMetrics { output += "# EOF\n".utf8 }
    }

    private func append(
        _ name: String, _ family: MetricsRegistry.Family, to output: inout [UInt8]
    ) {
        // OpenMetrics names a counter's family without the suffix that its samples bear.
        let isStripped = self == .openMetrics && family.kind == .counter
        let familyName = isStripped && name.hasSuffix("_total") ? String(name.dropLast(6)) : name
        let help = family.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        let isInfo = self == .openMetrics && name.hasSuffix("_info")
        let kind = isInfo ? "info" : family.kind.rawValue
        let typeName = isInfo ? String(name.dropLast(5)) : familyName
        output += "# HELP \(typeName) \(help)\n# TYPE \(typeName) \(kind)\n".utf8
        let series = family.series.map { (text: $0.key.text, instrument: $0.value) }
        for (labels, instrument) in series.sorted(by: { $0.text < $1.text }) {
            switch instrument {
            case .counter(let counter): sample(name, labels, "\(counter.total)", &output)
            case .gauge(let gauge): sample(name, labels, Self.number(gauge.value), &output)
            case .computed(let value):
                if let value = value() { sample(name, labels, Self.number(value), &output) }
            case .histogram(let histogram): append(name, labels, histogram.snapshot, &output)
            }
        }
    }

    private func append(
        _ name: String, _ labels: String, _ snapshot: Histogram.Snapshot, _ output: inout [UInt8]
    ) {
        let separator = labels.isEmpty ? "" : ","
        var cumulative = 0
        for index in 0..<Histogram.boundCount {
            cumulative += snapshot.counts[index]
            let bound = Self.number(Double(Histogram.boundsNanoseconds[index]) / 1e9)
            let canonical = self == .openMetrics && !bound.contains(".") && !bound.contains("e")
            sample(
                "\(name)_bucket", "\(labels)\(separator)le=\"\(bound)\(canonical ? ".0" : "")\"",
                "\(cumulative)", &output)
        }
        cumulative += snapshot.counts[Histogram.boundCount]
        sample("\(name)_bucket", "\(labels)\(separator)le=\"+Inf\"", "\(cumulative)", &output)
        let sum = Self.number(Double(snapshot.sumNanoseconds) / 1e9)
        sample("\(name)_sum", labels, sum, &output)
        sample("\(name)_count", labels, "\(cumulative)", &output)
    }

    private func sample(
        _ name: String, _ labels: String, _ value: String, _ output: inout [UInt8]
    ) {
        output += (labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n").utf8
    }

    /// A number in Go's syntax.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let integer = Int(exactly: value), integer.magnitude < 1 << 53 { return "\(integer)" }
        return "\(value)"
    }
}
