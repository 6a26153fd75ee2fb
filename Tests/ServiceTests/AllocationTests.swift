// SPDX-License-Identifier: Apache-2.0
import Foundation
import Serving
import Testing

/// The budget of heap allocations for a prediction: none.
@Suite(.serialized)
struct AllocationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let release = root + "/.build/release/martlet"

    private static var isPossible: Bool {
        FileManager.default.isExecutableFile(atPath: release)
            && FileManager.default.isExecutableFile(atPath: "/usr/bin/cc")
    }

    /// A model to serve, and a request's body for it.
    enum Subject: CaseIterable {
        case linear, boostedTrees, forest, perceptron, naiveBayes, clusters, text

        /// What the trainer is told; empty for the fixture's own model.
        var flags: [String] {
            switch self {
            case .linear: []
            case .boostedTrees: ["--model", "boosted-trees", "--num-iterations", "20"]
            case .forest: ["--model", "random-forest", "--n-estimators", "30"]
            case .perceptron: ["--model", "mlp", "--hidden-layer-sizes", "8", "--max-iter", "2"]
            case .naiveBayes: ["--model", "naive-bayes"]
            case .clusters: ["--model", "k-means", "--n-clusters", "3", "--ignore", "label"]
            case .text: ["--model", "text", "--text", "message"]
            }
        }

        var body: String {
            self == .text
                ? #"{"features":["Win a prize — call \u00e9 now, 100% free"]}"#
                : ServiceFixture.body
        }
    }

    @Test(
        .enabled(if: isPossible, "needs the release build of martlet and /usr/bin/cc"),
        arguments: Subject.allCases)
    func aSteadyStatePredictionAllocatesNothing(of subject: Subject) async throws {
        let fixture = try ServiceFixture()
        if subject == .linear {
            try fixture.publish(intercept: 1)
        } else {
            try train(subject, in: fixture)
        }
        try await expectNoAllocations(fixture, body: subject.body, ["--access-log-share", "0"])
    }

    @Test(.enabled(if: isPossible, "needs the release build of martlet and /usr/bin/cc"))
    func aLoggedPredictionAllocatesNothing() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        try await expectNoAllocations(
            fixture, body: ServiceFixture.body, ["--access-log-share", "1"])
    }

    /// Whether it is traced or not, and with an exporter that takes spans meanwhile.
    @Test(
        .enabled(if: isPossible, "needs the release build of martlet and /usr/bin/cc"),
        arguments: ["00", "01"])
    func aTracedPredictionAllocatesNothing(flags: String) async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let collector = try ScriptedServer { _, _ in ScriptedServer.json("{}") }
        defer { collector.stop() }
        // What a collector is told each second belongs to time; the rate keeps it small.
        try await expectNoAllocations(
            fixture, body: ServiceFixture.body,
            [
                "--otlp-endpoint", "http://\(collector.address)", "--traces-per-second-max",
                "\(flags == "01" ? 1000 : 1)", "--trace-share", "0.001",
            ],
            field: "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\(flags)\r\n")
    }

    /// The digest of the token that comes with each, and its line.
    @Test(.enabled(if: isPossible, "needs the release build of martlet and /usr/bin/cc"))
    func aPredictionWithATokenAllocatesNothing() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let token = AccessToken()
        let line = "a predictor sha256:\(token.digest) expires=2100-01-01\n"
        let path = try fixture.write(Array(line.utf8), "tokens")
        try await expectNoAllocations(
            fixture, body: ServiceFixture.body, ["--tokens-file", path],
            field: "Authorization: Bearer \(token.text)\r\n")
    }

    private func train(_ subject: Subject, in fixture: ServiceFixture) throws {
        let data = "\(fixture.folder)/data.csv"
        if subject == .text {
            let lines = (0..<60).map {
                $0.isMultiple(of: 2) ? "yes,win a prize \($0) now" : "no,see you at \($0) then"
            }
            let text = "label,message\n" + lines.joined(separator: "\n") + "\n"
            #expect(FileManager.default.createFile(atPath: data, contents: Data(text.utf8)))
        } else {
            try run(
                ["synthetic", "--rows", "400", "--features", "16", "--output", data], in: fixture)
        }
        let target = subject == .clusters ? [] : ["--target", "label"]
        try run(
            ["fit", "--data", data] + target + subject.flags
                + ["--name", "m", "--registry", fixture.registryPath, "--alias", "production"],
            in: fixture)
    }

    private func run(_ arguments: [String], in fixture: ServiceFixture) throws {
        let log = "\(fixture.folder)/train.log"
        let trainer = try Process(
            ServiceFixture.program("martlet-train"), arguments, output: log)
        let status = trainer.wait()
        let text = String(decoding: try ServiceFixture.contents(log), as: UTF8.self)
        try #require(status == 0, "\(text)")
    }

    private func expectNoAllocations(
        _ fixture: ServiceFixture, body: String, _ flags: [String], field: String = ""
    ) async throws {
        let library = "\(fixture.folder)/count.so"
        let compiler = try Process(
            "/usr/bin/cc",
            [
                "-shared", "-fPIC", "-O2", "-o", library,
                Self.root + "/Tests/ServiceTests/AllocationCount.c",
            ],
            output: "\(fixture.folder)/cc.log", environment: ["PATH": "/usr/bin:/bin"])
        try #require(compiler.wait() == 0)
        let countPath = "\(fixture.folder)/count"
        #expect(FileManager.default.createFile(atPath: countPath, contents: Data(count: 4096)))
        let process = try await fixture.serve(
            ["--loops", "1"] + flags, program: Self.release,
            environment: ["LD_PRELOAD": library, "ALLOCATION_COUNT": countPath])
        let connection = try #require(KeepAlive(port: UInt16(fixture.port)))
        let depth = 50
        let request = Array(
            ServiceFixture.predict(close: false, body: body)
                .replacing("Host: a\r\n", with: "Host: a\r\n\(field)").utf8)
        // All answers to this row are of one length: only the id differs.
        let answer = try #require(connection.exchange(request))
        #expect(answer.starts(with: "HTTP/1.1 200".utf8))
        let batch = Array(repeatElement(request, count: depth).joined())
        func run(_ batchCount: Int) {
            for _ in 0..<batchCount {
                let answers = connection.exchange(batch, byteCount: answer.count * depth)
                #expect(answers?.count == answer.count * depth)
            }
        }
        run(40)
        let before = try count(countPath)
        #expect(before > 1000, "the counter is not loaded")
        let batchCount = 400
        run(batchCount)
        let allocations = try count(countPath) - before
        // What remains belongs to time, not to requests: the registry's poll, four times a second.
        #expect(allocations < batchCount * depth / 20, "\(allocations) allocations")
        #expect(process.pid > 0)
    }

    private func count(_ path: String) throws -> Int {
        let bytes = try ServiceFixture.contents(path)
        return (0..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
    }
}
