// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import JSON
import Telemetry

struct RolloutWaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait for a rollout's end, or a state, and tell each transition once.",
        discussion: """
            Exit status 0: promoted, or the state of --until is reached. 3: rolled back. 4: ended \
            without a verdict, or no time is left. A server that restarts is waited for.
            """)

    @OptionGroup var server: RolloutServer
    @OptionGroup var target: RolloutTarget

    @Option(help: "End at this state too: bake, canary for any step, canary:1 for one.")
    var until: String?

    @Option(help: "Seconds to wait at most.")
    var timeoutSeconds = 3600

    @Option(help: "Seconds between two looks.")
    var intervalSeconds = 1

    func validate() throws {
        guard (0...31_536_000).contains(timeoutSeconds) else {
            throw ValidationError("--timeout-seconds is from 0 to 31536000")
        }
        guard (1...3600).contains(intervalSeconds) else {
            throw ValidationError("--interval-seconds is from 1 to 3600")
        }
    }

    func run() throws {
        let api = try server.open()
        let deadline = MonotonicClock.nanoseconds() + UInt64(timeoutSeconds) * 1_000_000_000
        let path = try find(api, deadline)
        var watch = RolloutWatch(path: path, server: server)
        while true {
            let rollout = try watch.look(api)
            if let rollout {
                let isReached = until.map(rollout.isIn) ?? false
                if isReached || rollout.isTerminal {
                    server.output(rollout.json) { rollout.write() }
                    let code = isReached ? ExitCode(0) : rollout.verdict.exitCode
                    if code.rawValue != 0 { throw code }
                    return
                }
            }
            try pause(rollout == nil ? watch.backOffSeconds : intervalSeconds, deadline)
        }
    }

    /// The rollout that a model's name stands for is settled once: a newer one is not waited for.
    private func find(_ api: RolloutAPI, _ deadline: UInt64) throws -> String {
        if let path = RolloutAPI.path(ofNumber: target.rollout) { return path }
        var hasTold = false
        while true {
            let list: JSONValue
            do throws(RolloutAPI.Failure) {
                list = try api.get("/rollouts")
            } catch {
                guard error.isPassing else { throw api.failure(error) }
                if !hasTold { Console.error("\(api.failure(error)); trying again") }
                hasTold = true
                try pause(intervalSeconds, deadline)
                continue
            }
            return try RolloutAPI.path(ofModel: target.rollout, in: list)
        }
    }

    private func pause(_ seconds: Int, _ deadline: UInt64) throws {
        let now = MonotonicClock.nanoseconds()
        guard now < deadline else {
            Console.error("rollout \(target.rollout): no verdict in \(timeoutSeconds) seconds")
            throw Verdict.inconclusive.exitCode
        }
        let time = min(UInt64(seconds) * 1_000_000_000, deadline - now)
        var left = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        var wanted = left
        while nanosleep(&wanted, &left) != 0, errno == EINTR { wanted = left }
    }
}

/// What `wait` has seen of a rollout so far.
struct RolloutWatch {
    let path: String
    let server: RolloutServer
    private var hasSeenIt = false
    private var sequence = -1
    private var failureCount = 0

    init(path: String, server: RolloutServer) {
        self.path = path
        self.server = server
    }

    /// Doubles with each failure in a row.
    var backOffSeconds: Int { min(10, 1 << min(max(0, failureCount - 1), 4)) }

    /// Writes the transitions that are new.
    ///
    /// - Returns: `nil` when the server does not answer now but may later.
    mutating func look(_ api: RolloutAPI) throws -> RolloutDocument? {
        let document: JSONValue
        do throws(RolloutAPI.Failure) {
            document = try api.get(path)
            if let current = document["sequence"]?.integer, current != sequence {
                let history = try api.get("\(path)/history")
                for event in history["events"]?.array ?? [] { write(event) }
            }
        } catch {
            // A server that has just come back may not have read its registry yet.
            var isPassing = error.isPassing
            if case .refused(404, _) = error, hasSeenIt { isPassing = true }
            guard isPassing else { throw api.failure(error) }
            if failureCount == 0 { Console.error("\(api.failure(error)); trying again") }
            failureCount += 1
            return nil
        }
        if failureCount > 0 { Console.error("the server answers again") }
        hasSeenIt = true
        failureCount = 0
        return try RolloutAPI.rollout(in: document)
    }

    private mutating func write(_ event: JSONValue) {
        let line = RolloutEventLine(event)
        guard line.sequence > sequence else { return }
        // The history may be ahead of the document that was read before it.
        sequence = line.sequence
        server.output(event) { Console.line(line.cells.joined(separator: "  ")) }
    }
}

extension RolloutAPI.Failure {
    /// Whether the same request may succeed later.
    fileprivate var isPassing: Bool {
        switch self {
        case .unreachable(.untrusted), .unreachable(.tls): false
        case .unreachable: true
        case .refused(let status, _): status >= 500 || status == 429 || status == 408
        case .notJSON: false
        }
    }
}
