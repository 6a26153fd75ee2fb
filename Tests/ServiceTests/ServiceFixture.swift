// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPServer
import JSON
import Models
import Registry
import TLSTesting
import Testing

/// The built `martlet` over a registry in a folder of its own, on a port of its own.
final class ServiceFixture {
    let folder: String
    let port: Int
    /// How `get` and `predict` speak to the server.
    var way = SocketAddress.Exchange.plain
    private var process: Process?

    init() throws {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // Tests of one process get distinct ports, below those that Linux gives to clients (32768
        // and up); a port in use shows as a server that ends.
        port = 20_000 + Int.random(in: 0..<12_768)
    }

    deinit {
        process = nil
        guard let directory = opendir(folder) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            unlink("\(folder)/\(name)")
        }
        closedir(directory)
        rmdir(folder)
    }

    var registryPath: String { "\(folder)/registry" }
    var log: String {
        (try? String(decoding: Self.contents("\(folder)/log"), as: UTF8.self)) ?? ""
    }

    static func contents(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(descriptor, &block, block.count), count > 0 {
            bytes += block[..<count]
        }
        return bytes
    }

    /// Writes a file into the folder; returns its path.
    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        return path
    }

    /// A program that is built into the folder of the test program.
    static func program(_ name: String) -> String {
        let own = CommandLine.arguments[0]
        return own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/") + "/" + name
    }

    /// Runs a command on the registry to its end; returns what it said, on either output.
    func run(_ words: [String]) throws -> (code: Int32, output: String) {
        let output = "\(folder)/output"
        unlink(output)
        let process = try Process(
            Self.program("martlet"), words + ["--registry", registryPath], output: output)
        let code = process.wait()
        return (code, String(decoding: try Self.contents(output), as: UTF8.self))
    }

    /// Publishes a version of 16 numbers in production whose answer is its `intercept`'s.
    @discardableResult
    func publish(intercept: Double, alias: AliasName? = .production) throws -> Int {
        let names = (0..<16).map { "x\($0)" }
        let schema = try #require(FeatureSchema(names.map { Feature(name: $0, kind: .number) }))
        let encoding = try #require(
            LinearEncoding(
                schema: schema,
                standardisations: names.map { _ in .init(mean: 0.25, scale: 1.5) }))
        let weights = (0..<32).map { Double($0) / 10 - 1.5 }
        let linear = try #require(
            LinearModel(encoding: encoding, weights: weights, intercepts: [intercept]))
        let model = try #require(
            Model(
                schema: schema, kind: .linear(linear), output: .binary(labels: ["no", "yes"]),
                goldenRecords: [.array(names.map { _ in .null })], training: .null))
        return try Registry(path: registryPath, mode: .create).publish(
            VersionDraft(
                model: try ModelName("m"), artifact: model.artifact, lineage: "{}", actor: "test",
                alias: alias)
        ).version
    }

    /// Starts the server and waits until it answers.
    ///
    /// - Parameter registry: another fixture's; `nil` for its own.
    func serve(
        _ arguments: [String] = [], program: String = ServiceFixture.program("martlet"),
        registry: String? = nil, environment: [String: String] = [:], output: String? = nil
    ) async throws -> Process {
        let paths = ["--registry", registry ?? registryPath, "--listen", "127.0.0.1:\(port)"]
        return try await reach(
            Process(
                program, ["serve"] + paths + arguments, output: output ?? "\(folder)/log",
                environment: environment))
    }

    /// The same with limits that a line of shell has set.
    func serve(_ arguments: [String] = [], after line: String) async throws -> Process {
        try await reach(
            Process(
                "/bin/sh",
                [
                    "-c", "\(line); exec \"$0\" \"$@\"", Self.program("martlet"), "serve",
                    "--registry", registryPath, "--listen", "127.0.0.1:\(port)",
                ] + arguments,
                output: "\(folder)/log"))
    }

    /// The same on a listening socket that it inherits, as by systemd.
    func serve(inherited socket: Int32) async throws -> Process {
        let command = "LISTEN_PID=$$ exec \"$0\" serve --registry \"$1\""
        return try await reach(
            Process(
                "/bin/sh", ["-c", command, Self.program("martlet"), registryPath],
                output: "\(folder)/log", environment: ["LISTEN_FDS": "1"], inherited: socket))
    }

    private func reach(_ process: Process) async throws -> Process {
        self.process = process
        for _ in 0..<200 * Sanitizer.patience {
            if (try? get("/livez").hasPrefix("HTTP/1.1 200")) == true { return process }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the server does not answer: \(log)")
        return process
    }

    func get(_ path: String) throws -> String {
        try exchange("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    }

    static let body =
        "{\"features\":[\((0..<16).map { "\(0.123456789012345 * Double($0) - 1)" }.joined(separator: ","))]}"

    static func predict(close: Bool = true, body: String = body) -> String {
        "POST /predict HTTP/1.1\r\nHost: a\r\n\(close ? "Connection: close\r\n" : "")"
            + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    func predict() throws -> String { try exchange(Self.predict()) }

    func exchange(_ request: String) throws -> String {
        try SocketAddress("127.0.0.1:\(port)").exchange(
            request, over: way, timeoutSeconds: 5 * Sanitizer.patience)
    }
}
