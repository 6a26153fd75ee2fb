// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import TLSTesting
import Testing

/// The built server under what a machine does to it.
@Suite(.serialized)
struct FaultTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().path
    private static var hasCompiler: Bool {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/cc")
    }

    private func descriptorCount(_ process: Process) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.pid)/fd").count)
            ?? -1
    }

    private func cpuSeconds(_ process: Process) throws -> Double {
        let text = String(
            decoding: try ServiceFixture.contents("/proc/\(process.pid)/stat"), as: UTF8.self)
        let end = try #require(text.lastIndex(of: ")"))
        let fields = text[end...].split(separator: " ").dropFirst(12).prefix(2)
        let ticks = fields.compactMap { Double($0) }.reduce(0, +)
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private func waits(seconds: Int = 5, _ condition: () -> Bool) -> Bool {
        for _ in 0..<seconds * 50 * Sanitizer.patience {
            if condition() { return true }
            usleep(20_000)
        }
        return false
    }

    /// Out of descriptors the server turns one client away now and then, lets the others wait and
    /// rests; those that it has are served, and when there is room again all is as before.
    @Test func restsWhenThereAreNoDescriptors() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let script = "\(fixture.folder)/limited"
        let text = "#!/bin/sh\nulimit -n 64\nexec \(ServiceFixture.program("martlet")) \"$@\"\n"
        #expect(
            FileManager.default.createFile(
                atPath: script, contents: Data(text.utf8),
                attributes: [.posixPermissions: 0o700]))
        let process = try await fixture.serve(program: script)
        let port = UInt16(fixture.port)
        let request = Array(ServiceFixture.predict(close: false).utf8)
        let kept = try #require(KeepAlive(port: port))
        #expect(kept.exchange(request)?.starts(with: "HTTP/1.1 200".utf8) == true)
        let before = descriptorCount(process)
        var crowd = (0..<100).compactMap { _ in KeepAlive(port: port) }
        #expect(crowd.count == 100)
        #expect(waits { descriptorCount(process) >= 63 })
        let start = try cpuSeconds(process)
        for _ in 0..<20 {
            usleep(100_000)
            #expect(kept.exchange(request)?.starts(with: "HTTP/1.1 200".utf8) == true)
        }
        // Two seconds, of which a loop that spins on the error would take all.
        #expect(try cpuSeconds(process) - start < 0.5)
        let scrape = Array("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
        crowd = []
        var metrics = ""
        #expect(
            waits(seconds: 2) {
                guard let late = KeepAlive(port: port), let first = late.exchange(scrape) else {
                    return false
                }
                metrics = String(decoding: first, as: UTF8.self)
                return metrics.hasPrefix("HTTP/1.1 200")
            })
        let answer = try fixture.get("/metrics")
        let count = answer.firstMatch(
            of: #/connections_rejected_total\{reason="descriptors"\} (\d+)/#)
        #expect(Int(count?.output.1 ?? "0") ?? 0 > 0)
        #expect(waits { descriptorCount(process) <= before })
    }

    /// Deadlines and open connections do not care what time of day it is; Date and the log do.
    @Test(.enabled(if: hasCompiler, "needs /usr/bin/cc"))
    func keepsItsDeadlinesWhenTheClockJumps() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let library = "\(fixture.folder)/shift.so"
        let compiler = try Process(
            "/usr/bin/cc",
            ["-shared", "-fPIC", "-O2", "-o", library, Self.folder + "/ClockShift.c"],
            output: "\(fixture.folder)/cc.log", environment: ["PATH": "/usr/bin:/bin"])
        try #require(compiler.wait() == 0)
        let shiftPath = "\(fixture.folder)/shift"
        #expect(FileManager.default.createFile(atPath: shiftPath, contents: Data(count: 4096)))
        let process = try await fixture.serve(
            ["--head-timeout-seconds", "3", "--idle-timeout-seconds", "60"],
            environment: ["LD_PRELOAD": library, "CLOCK_SHIFT": shiftPath])
        let request = Array(ServiceFixture.predict(close: false).utf8)
        let kept = try #require(KeepAlive(port: UInt16(fixture.port)))
        for hours in [0, 1, -1] {
            try setShift(seconds: hours * 3600, at: shiftPath)
            let slow = try #require(KeepAlive(port: UInt16(fixture.port)))
            let start = ContinuousClock.now
            #expect(slow.exchange(Array("GET /livez HTT".utf8), byteCount: 0) != nil)
            // Two ticks, in which a deadline told from the time of day would pass, or never come.
            usleep(2_200_000)
            let answer = try #require(kept.exchange(request))
            let text = String(decoding: answer, as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200"))
            let date = try #require(text.firstMatch(of: #/\r\nDate: ([^\r]+)\r\n/#)?.output.1)
            let served = try #require(Self.date(String(date)))
            let expected = Date.now.addingTimeInterval(Double(hours) * 3600)
            let tolerance = Double(5 * Sanitizer.patience)
            #expect(abs(served.timeIntervalSince(expected)) < tolerance, "\(date)")
            let refusal = try #require(slow.exchange([], byteCount: 12))
            #expect(refusal.starts(with: "HTTP/1.1 408".utf8))
            let elapsed = ContinuousClock.now - start
            #expect(.seconds(2.5) < elapsed && elapsed < .seconds(5 * Sanitizer.patience))
        }
        #expect(process.pid > 0)
    }

    private func setShift(seconds: Int, at path: String) throws {
        let file = open(path, O_WRONLY)
        try #require(file >= 0)
        defer { close(file) }
        var word = seconds
        try #require(pwrite(file, &word, 8, 0) == 8)
    }

    private static func date(_ text: String) -> Date? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: text)
    }

    /// What goes wrong with the log goes wrong with the log only.
    @Test func servesOnWhenTheDiskUnderItsLogIsFull() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let process = try await fixture.serve(["--access-log-share", "1"], output: "/dev/full")
        for _ in 0..<100 { #expect(try fixture.predict().hasPrefix("HTTP/1.1 200")) }
        var dropped = 0
        let isCounted = waits {
            let answer = (try? fixture.get("/metrics")) ?? ""
            let count = answer.firstMatch(of: #/\nlog_lines_dropped_total (\d+)/#)?.output.1
            dropped = Int(count ?? "") ?? 0
            return dropped > 100
        }
        #expect(isCounted, "\(dropped) lines dropped")
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
    }
}
