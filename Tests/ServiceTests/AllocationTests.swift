// SPDX-License-Identifier: Apache-2.0
import Foundation
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

    @Test(
        .enabled(if: isPossible, "needs the release build of martlet and /usr/bin/cc"),
        arguments: ["0", "1"])
    func aSteadyStatePredictionAllocatesNothing(accessLogShare: String) async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
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
            ["--loops", "1", "--access-log-share", accessLogShare], program: Self.release,
            environment: ["LD_PRELOAD": library, "ALLOCATION_COUNT": countPath])
        let connection = try #require(KeepAlive(port: UInt16(fixture.port)))
        let depth = 50
        let request = Array(ServiceFixture.predict(close: false).utf8)
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
