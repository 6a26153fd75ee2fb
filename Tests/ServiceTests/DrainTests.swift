// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HTTPServer
import Synchronization
import TLSTesting
import Testing
import martlet

/// How the built server ends, and how another takes over from it.
@Suite(.serialized)
struct DrainTests {
    @Test func eachSignalTakesItOneStepFurther() {
        var stage = DrainStage.starting
        let begins = stage.start()
        #expect(begins)
        let first = stage.signal()
        #expect(first == .beginDelay)
        var hurried = stage
        let second = hurried.signal()
        #expect(second == .beginDrain)
        let late = hurried.delayHasPassed()
        #expect(late == nil)
        let third = hurried.signal()
        #expect(third == .finish(isClean: false))
        let passed = stage.delayHasPassed()
        #expect(passed == .beginDrain)
        #expect(stage == .draining)
    }

    @Test func aSignalBeforeItListensEndsIt() {
        var stage = DrainStage.starting
        for _ in 0..<2 {
            let step = stage.signal()
            #expect(step == .finish(isClean: true))
        }
        let begins = stage.start()
        #expect(!begins)
    }

    /// Whoever starts it waits for this line, and may change their mind at once.
    @Test func noSignalIsLostOnceItSaysThatItListens() throws {
        for _ in 0..<(Sanitizer.isPresent ? 10 : 40) {
            let fixture = try ServiceFixture()
            let process = try Process(
                ServiceFixture.program("martlet"),
                ["serve", "--registry", fixture.registryPath, "--listen", "127.0.0.1:0"],
                output: "\(fixture.folder)/log")
            let end = ContinuousClock.now + .seconds(10 * Sanitizer.patience)
            while !fixture.log.contains("\"listening\""), ContinuousClock.now < end {
                usleep(100)
            }
            process.signal(SIGTERM)
            #expect(process.wait() == 0)
            #expect(fixture.log.contains("\"clean\":\"true\""))
        }
    }

    /// Clients that keep their connections, asking all the time: each request is answered, the last
    /// one with `Connection: close`.
    @Test func aHundredSignalsUnderLoadFailNoRequest() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        var answered = 0
        let signalCount = Sanitizer.isPresent ? 25 : 100
        for _ in 0..<signalCount {
            let process = try await fixture.serve()
            let load = Load(port: UInt16(fixture.port), clientCount: 4)
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...25)))
            process.signal(SIGTERM)
            #expect(process.wait() == 0)
            let counts = load.wait()
            #expect(counts.failed == 0, "\(fixture.log)")
            #expect(counts.closed == 4)
            answered += counts.answered
        }
        #expect(answered > 4 * signalCount)
    }

    @Test func servesOnForTheDelayThoughNotReady() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let process = try await fixture.serve(["--drain-delay", "30"])
        #expect(try fixture.get("/readyz").hasPrefix("HTTP/1.1 200"))
        process.signal(SIGTERM)
        var ready = ""
        for _ in 0..<100 where !ready.hasPrefix("HTTP/1.1 503") {
            ready = try fixture.get("/readyz")
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(ready.contains("the server is stopping"))
        #expect(try fixture.get("/livez").hasPrefix("HTTP/1.1 200"))
        #expect(try fixture.predict().hasPrefix("HTTP/1.1 200"))
        // A second one hurries: the delay is over.
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        #expect(fixture.log.contains("\"clean\":\"true\""))
        let lines = fixture.log.split(separator: "\n")
        #expect(
            lines.contains {
                $0.contains("\"draining\"") && $0.contains("\"delay_seconds\":\"30\"")
            })
        #expect(lines.contains { $0.contains("\"draining: no more connections\"") })
        #expect(lines.last?.contains("\"level\":\"info\"") == true)
    }

    /// A request whose body does not come holds the drain; a third signal ends that.
    @Test func aThirdSignalWaitsForNobody() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        // A delay that only a signal ends, so that each one is a step.
        let process = try await fixture.serve([
            "--drain-delay", "600", "--drain-deadline", "600",
        ])
        let client = try #require(KeepAlive(port: UInt16(fixture.port)))
        let begun = client.send(
            Array("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n".utf8))
        #expect(begun)
        process.signal(SIGTERM)
        process.signal(SIGINT)
        let end = ContinuousClock.now + .seconds(5 * Sanitizer.patience)
        while !fixture.log.contains("\"draining: no more connections\""),
            ContinuousClock.now < end
        {
            try await Task.sleep(for: .milliseconds(10))
        }
        try await Task.sleep(for: .milliseconds(300))
        #expect(!fixture.log.contains("\"stopped\""))
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        let last = fixture.log.split(separator: "\n").last ?? ""
        #expect(last.contains("\"clean\":\"false\""))
        #expect(last.contains("\"level\":\"warning\""))
    }

    /// Standard error is a pipe that is full and that nobody reads.
    @Test func endsThoughNobodyReadsItsLog() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let path = "\(fixture.folder)/pipe"
        try #require(mkfifo(path, 0o600) == 0)
        let pipe = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        try #require(pipe >= 0)
        defer { close(pipe) }
        let block = [UInt8](repeating: 0x0A, count: 4096)
        while write(pipe, block, block.count) > 0 {}
        let process = try await fixture.serve(output: path)
        let start = ContinuousClock.now
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        #expect(ContinuousClock.now - start < .seconds(8 * Sanitizer.patience))
    }

    /// One listening socket, handed from one server to the next: clients that connect anew for each
    /// request are never refused.
    @Test func anotherServerTakesOverTheSocketAndRefusesNobody() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let (socket, _) = try SocketAddress.loopback(port: UInt16(fixture.port)).listen(
            backlog: 512)
        defer { close(socket) }
        var current = try await fixture.serve(inherited: socket)
        let load = Load(port: UInt16(fixture.port), clientCount: 2, keepsAlive: false)
        for round in 2...6 {
            let next = try await fixture.serve(inherited: socket)
            // Either may have answered; the old one must not end before the new one listens.
            while fixture.log.split(separator: "\n").count(where: { $0.contains("\"listening\"") })
                < round
            {
                try await Task.sleep(for: .milliseconds(10))
            }
            current.signal(SIGTERM)
            #expect(current.wait() == 0)
            current = next
        }
        load.stop()
        let counts = load.wait()
        #expect(counts.failed == 0)
        #expect(counts.answered > 20)
        current.signal(SIGTERM)
        #expect(current.wait() == 0)
    }

    @Test(
        arguments: [
            ([:], nil), (["LISTEN_FDS": "1"], nil), (["LISTEN_FDS": "1", "LISTEN_PID": "8"], nil),
            (["LISTEN_FDS": "1", "LISTEN_PID": "7"], 3),
        ] as [([String: String], Int32?)])
    func findsWhatWasHandedToIt(_ environment: [String: String], _ expected: Int32?) throws {
        let descriptor = try InheritedSocket.descriptor(environment: environment, processID: 7)
        #expect(descriptor == expected)
    }

    @Test func refusesMoreThanOneSocket() {
        #expect(throws: HTTPServerError.inheritedSocket("LISTEN_FDS is 2, not 1")) {
            _ = try InheritedSocket.descriptor(
                environment: ["LISTEN_FDS": "2", "LISTEN_PID": "7"], processID: 7)
        }
    }
}

/// Clients in threads of their own that ask for predictions until the server or the test ends that.
private final class Load: Sendable {
    struct Counts {
        var answered = 0
        var failed = 0
        /// Clients that the server told to go, by `Connection: close`.
        var closed = 0
    }

    private let counts = Mutex(Counts())
    private let isStopped = Atomic<Bool>(false)
    private let group = DispatchGroup()
    private let queue = DispatchQueue(label: "load", attributes: .concurrent)

    init(port: UInt16, clientCount: Int, keepsAlive: Bool = true) {
        let request = Array(ServiceFixture.predict(close: !keepsAlive).utf8)
        for _ in 0..<clientCount {
            queue.async(group: group) { [self] in
                ask(KeepAlive(port: port), request, port: port, keepsAlive: keepsAlive)
            }
        }
    }

    private func ask(_ first: KeepAlive?, _ request: [UInt8], port: UInt16, keepsAlive: Bool) {
        var client = first
        while !isStopped.load(ordering: .relaxed) {
            if !keepsAlive { client = KeepAlive(port: port) }
            guard let answer = client?.answer(to: request), answer.hasPrefix("HTTP/1.1 200") else {
                return counts.withLock { $0.failed += 1 }
            }
            counts.withLock { $0.answered += 1 }
            if keepsAlive, answer.contains("Connection: close\r\n") {
                return counts.withLock { $0.closed += 1 }
            }
        }
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
    }

    func wait() -> Counts {
        group.wait()
        return counts.withLock { $0 }
    }
}
