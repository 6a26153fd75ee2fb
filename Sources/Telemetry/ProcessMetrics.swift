// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The `process_*` metrics of Prometheus client libraries, from `/proc/self`.
package enum ProcessMetrics {
    package static func register(in registry: MetricsRegistry) {
        registry.computedCounter(
            "process_cpu_seconds_total", "User and system CPU time spent."
        ) {
            ticks(of: statFields(), at: 11).flatMap { user in
                ticks(of: statFields(), at: 12).map { user + $0 }
            }
        }
        registry.computedGauge(
            "process_resident_memory_bytes", "Resident memory size."
        ) { residentBytes.map(Double.init) }
        registry.computedGauge("process_virtual_memory_bytes", "Virtual memory size.") {
            statFields().dropFirst(20).first.flatMap { Double($0) }
        }
        registry.computedGauge("process_threads", "Operating system threads.") {
            statFields().dropFirst(17).first.flatMap { Double($0) }
        }
        registry.computedGauge(
            "process_start_time_seconds", "Start time since the Unix epoch."
        ) {
            guard let boot = bootTimeSeconds, let start = ticks(of: statFields(), at: 19) else {
                return nil
            }
            return boot + start
        }
        registry.computedGauge("process_open_fds", "Open file descriptors.") { openDescriptors() }
        registry.computedGauge("process_max_fds", "Largest number of open file descriptors.") {
            limit(RLIMIT_NOFILE)
        }
        registry.computedGauge(
            "process_virtual_memory_max_bytes", "Largest virtual memory size."
        ) { limit(RLIMIT_AS) }
    }

    /// What the process holds in memory; `nil` where the system does not tell.
    package static var residentBytes: Int? {
        statFields().dropFirst(21).first.flatMap { Int($0) }.map { $0 * Int(pageBytes) }
    }

    private static let pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    private static let bootTimeSeconds: Double? = {
        contents("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
            .flatMap { Double($0.dropFirst(6)) }
    }()

    /// `/proc/self/stat` from the state on: behind the last parenthesis, as a name may hold any.
    private static func statFields() -> [Substring] {
        let text = contents("/proc/self/stat")
        guard let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(separator: " ")
    }

    private static func ticks(of fields: [Substring], at index: Int) -> Double? {
        fields.dropFirst(index).first.flatMap { Double($0) }.map { $0 / ticksPerSecond }
    }

    private static func openDescriptors() -> Double? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        // "." and ".." and the directory's own descriptor are not counted.
        var count = -3
        while readdir(directory) != nil { count += 1 }
        return Double(count)
    }

    private static func limit(_ resource: __rlimit_resource) -> Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? .infinity : Double(limit.rlim_cur)
    }

    private static func contents(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 8192)
        while case let count = read(descriptor, &block, block.count), count > 0 {
            bytes += block[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
