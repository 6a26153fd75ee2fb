// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Logging
import Serving
import Synchronization
import Telemetry
import Testing
import martlet

/// The program that an event starts.
@Suite(.serialized)
struct RetrainingTests {
    /// What was logged, for tests to look at.
    private final class Lines: Sendable {
        private let kept = Mutex<[String]>([])
        func append(_ line: String) { kept.withLock { $0.append(line) } }
        var all: [String] { kept.withLock { $0 } }

        func waits(for text: String) -> Bool {
            for _ in 0..<1000 where !all.contains(where: { $0.contains(text) }) { usleep(10_000) }
            return all.contains { $0.contains(text) }
        }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let words = (event.metadata ?? [:]).sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value)" }
            lines.append(([event.message.description] + words).joined(separator: " "))
        }
    }

    private static func retraining(
        _ script: String, _ fixture: ServiceFixture, _ lines: Lines,
        _ metrics: MetricsRegistry = MetricsRegistry(loopCount: 1), timeoutSeconds: Int = 60,
        cooldownSeconds: Int = 3600
    ) throws -> Retraining {
        let path = try fixture.write(Array("#!/bin/sh\n\(script)\n".utf8), "retrain")
        try #require(chmod(path, 0o700) == 0)
        return Retraining(
            path: path, timeoutSeconds: timeoutSeconds, cooldownSeconds: cooldownSeconds,
            environment: ["PATH": "/usr/bin:/bin", "MARTLET_WEBHOOK_URL": "secret"],
            metrics: metrics, logger: Logger(label: "test") { _ in Handler(lines: lines) })
    }

    @Test func theProgramLearnsWhatHappened() throws {
        let (fixture, lines) = (try ServiceFixture(), Lines())
        let metrics = MetricsRegistry(loopCount: 1)
        // Left open on purpose: what a program must not find open.
        let leak = fcntl(0, F_DUPFD, 200)
        try #require(leak >= 200)
        defer { close(leak) }
        let retraining = try Self.retraining(
            """
            cat
            echo; echo "$MARTLET_EVENT $MARTLET_MODEL $MARTLET_FEATURE $MARTLET_VERSION url=$MARTLET_WEBHOOK_URL" >&2
            for n in 3 4 5 6 7 8 9 \(leak); do [ ! -e /proc/$$/fd/$n ] || echo "open: $n"; done
            """, fixture, lines, metrics)
        let event = ServiceEvent.sample()
        retraining.consider(event)
        #expect(lines.waits(for: "retraining ended"))
        let all = lines.all
        #expect(all.contains("retraining output line=\(event.json.text) model=adult"), "\(all)")
        #expect(all.contains("retraining output line=drift adult age 3 url= model=adult"), "\(all)")
        #expect(!all.contains { $0.contains("open:") }, "\(all)")
        #expect(all.last == "retraining ended end=status 0 model=adult")
        #expect(metrics.counter("retrain_runs_total", "", ["result": "succeeded"]).total == 1)
    }

    @Test func oneAtATimeAndNoneBeforeTheCoolDown() throws {
        let (fixture, lines) = (try ServiceFixture(), Lines())
        let metrics = MetricsRegistry(loopCount: 1)
        let retraining = try Self.retraining(
            "while [ ! -e \(fixture.folder)/go ]; do sleep 0.05; done", fixture, lines, metrics)
        retraining.consider(.sample("1"))
        retraining.consider(.sample("2", model: "other"))
        retraining.consider(.sample("info", model: "third", severity: .info))
        retraining.consider(.sample("rollout", model: "third", kind: .rollout))
        _ = try fixture.write([], "go")
        #expect(lines.waits(for: "retraining ended"))
        retraining.consider(.sample("3"))
        let skipped = lines.all.filter { $0.hasPrefix("retraining skipped") }
        #expect(skipped.count == 2, "\(lines.all)")
        #expect(skipped.first?.contains("id=2 model=other reason=a training of 'adult'") == true)
        #expect(skipped.last?.contains("id=3 model=adult reason=the model's cool-down") == true)
        #expect(metrics.counter("retrain_skipped_total", "", ["reason": "in_flight"]).total == 1)
        #expect(metrics.counter("retrain_skipped_total", "", ["reason": "cooldown"]).total == 1)
        #expect(lines.all.filter { $0.hasPrefix("retraining started") }.count == 1)
    }

    /// More than a pipe holds, to a program that has ended.
    @Test func aProgramNeedNotRead() throws {
        let (fixture, lines) = (try ServiceFixture(), Lines())
        let retraining = try Self.retraining("exec <&-; sleep 0.3", fixture, lines)
        signal(SIGPIPE, SIG_DFL)
        retraining.consider(
            ServiceEvent(
                kind: .drift, id: "long", model: "adult", severity: .critical,
                summary: String(repeating: "x", count: 1_000_000), at: 0))
        #expect(lines.waits(for: "retraining ended end=status 0"))
    }

    @Test func itsTimeIsBounded() throws {
        let (fixture, lines) = (try ServiceFixture(), Lines())
        let metrics = MetricsRegistry(loopCount: 1)
        let retraining = try Self.retraining(
            "sleep 600 & wait", fixture, lines, metrics, timeoutSeconds: 1)
        retraining.consider(.sample())
        #expect(lines.waits(for: "retraining ended end=killed, its time was over"))
        #expect(metrics.counter("retrain_runs_total", "", ["result": "timed_out"]).total == 1)
    }

    @Test(arguments: ["", "trap '' TERM"])
    func itDoesNotOutliveItsServer(_ defence: String) throws {
        let (fixture, lines) = (try ServiceFixture(), Lines())
        let retraining = try Self.retraining(
            "\(defence)\necho pid $$; while :; do sleep 600; done", fixture, lines)
        retraining.consider(.sample())
        #expect(lines.waits(for: "line=pid"))
        let words = try #require(lines.all.first { $0.contains("line=pid") }).split(separator: " ")
        let pid = try #require(words.dropFirst(3).first.flatMap { pid_t($0) }, "\(words)")
        #expect(kill(pid, 0) == 0)
        retraining.close()
        #expect(kill(pid, 0) == -1)
        #expect(lines.all.last == "retraining ended end=killed, the server ends model=adult")
        retraining.consider(.sample("later", model: "other"))
        #expect(lines.all.filter { $0.hasPrefix("retraining started") }.count == 1)
    }

    /// Ignoring SIGCHLD has the kernel take the ends of children: nobody knows them then.
    @Test func anEndThatIsLostIsNoSuccess() throws {
        let (fixture, lines) = (try ServiceFixture(), Lines())
        let metrics = MetricsRegistry(loopCount: 1)
        let retraining = try Self.retraining(
            "echo begun; while [ ! -e \(fixture.folder)/go ]; do sleep 0.05; done", fixture, lines,
            metrics)
        retraining.consider(.sample())
        #expect(lines.waits(for: "line=begun"))
        signal(SIGCHLD, SIG_IGN)
        defer { signal(SIGCHLD, SIG_DFL) }
        _ = try fixture.write([], "go")
        #expect(lines.waits(for: "retraining ended end=lost"))
        #expect(metrics.counter("retrain_runs_total", "", ["result": "failed"]).total == 1)
        #expect(metrics.counter("retrain_runs_total", "", ["result": "succeeded"]).total == 0)
    }

    @Test func aProgramThatFailsOrIsNoneIsCounted() throws {
        let (fixture, lines) = (try ServiceFixture(), Lines())
        let metrics = MetricsRegistry(loopCount: 1)
        let failing = try Self.retraining("exit 7", fixture, lines, metrics)
        failing.consider(.sample())
        #expect(lines.waits(for: "retraining ended end=status 7"))
        let missing = try Self.retraining("", fixture, lines, metrics)
        unlink("\(fixture.folder)/retrain")
        missing.consider(.sample())
        #expect(lines.waits(for: "end=not started: No such file or directory"))
        #expect(metrics.counter("retrain_runs_total", "", ["result": "failed"]).total == 2)
    }
}
