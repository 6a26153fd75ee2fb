// SPDX-License-Identifier: Apache-2.0
import Telemetry
import Testing

struct TextExpositionTests {
    private func text(_ format: TextExposition, _ registry: MetricsRegistry) -> String {
        var output: [UInt8] = []
        format.append(registry, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func addsTheShardsOfACounter() {
        let registry = MetricsRegistry(loopCount: 2)
        let counter = registry.counter("a_total", "A\nb\\", ["x": "q\"\\\n"])
        counter[0].add(2)
        counter[1].add()
        registry.counter("a_total", "A\nb\\", ["x": "q\"\\\n"])[2].add(4)
        #expect(
            text(.prometheus, registry)
                == "# HELP a_total A\\nb\\\\\n# TYPE a_total counter\na_total{x=\"q\\\"\\\\\\n\"} 7\n"
        )
        #expect(
            text(.openMetrics, registry)
                == "# HELP a A\\nb\\\\\n# TYPE a counter\na_total{x=\"q\\\"\\\\\\n\"} 7\n# EOF\n")
    }

    @Test(arguments: [
        (1.0, "1"), (0.25, "0.25"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
        (1e100, "1e+100"),
    ])
    func writesNumbersAsGoDoes(_ value: Double, _ expected: String) {
        let registry = MetricsRegistry(loopCount: 1)
        registry.gauge("g", "G").set(value)
        #expect(text(.prometheus, registry).hasSuffix("\ng \(expected)\n"))
    }

    @Test func accumulatesBuckets() {
        let registry = MetricsRegistry(loopCount: 1)
        let histogram = registry.histogram("d_seconds", "D", ["m": "x"])
        for nanoseconds in [10_000, 10_001, 1_000_000, 99_000_000_000] {
            histogram[0].observe(nanoseconds: nanoseconds)
        }
        let lines = text(.prometheus, registry).split(separator: "\n")
        #expect(lines.contains("d_seconds_bucket{m=\"x\",le=\"1e-05\"} 1"))
        #expect(lines.contains("d_seconds_bucket{m=\"x\",le=\"2.5e-05\"} 2"))
        #expect(lines.contains("d_seconds_bucket{m=\"x\",le=\"1\"} 3"))
        #expect(lines.contains("d_seconds_bucket{m=\"x\",le=\"+Inf\"} 4"))
        #expect(lines.contains("d_seconds_sum{m=\"x\"} 99.001020001"))
        #expect(lines.contains("d_seconds_count{m=\"x\"} 4"))
        #expect(text(.openMetrics, registry).contains("le=\"1.0\"} 3"))
    }

    @Test func removesTheSeriesOfAVersion() {
        let registry = MetricsRegistry(loopCount: 1)
        for version in ["1", "2"] {
            registry.counter("p_total", "P", ["model": "m", "version": version])[0].add()
        }
        registry.removeSeries(with: ["version": "1", "model": "m"])
        #expect(!text(.prometheus, registry).contains("version=\"1\""))
        #expect(text(.prometheus, registry).contains("version=\"2\""))
    }

    @Test func readsTheProcess() throws {
        let registry = MetricsRegistry(loopCount: 1)
        ProcessMetrics.register(in: registry)
        let lines = text(.prometheus, registry).split(separator: "\n")
        for name in [
            "cpu_seconds_total", "resident_memory_bytes", "virtual_memory_bytes", "threads",
            "start_time_seconds", "open_fds", "max_fds", "virtual_memory_max_bytes",
        ] {
            let line = try #require(lines.first { $0.hasPrefix("process_\(name) ") }, "\(name)")
            #expect(line.split(separator: " ").last.map { !$0.isEmpty && $0 != "NaN" } == true)
        }
    }
}
