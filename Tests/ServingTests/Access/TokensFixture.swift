// SPDX-License-Identifier: Apache-2.0
import Glibc
import Logging
import Telemetry
import Testing

@testable import Serving

/// A tokens file of its own, with a token for each role.
final class TokensFixture {
    let path: String
    let tokens = Dictionary(
        uniqueKeysWithValues: AccessRole.allCases.map { ($0, AccessToken()) })

    init(without omitted: Set<AccessRole> = [], _ more: String = "") throws {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        close(descriptor)
        path = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let lines = AccessRole.allCases.filter { !omitted.contains($0) }.compactMap { role in
            tokens[role].map { "the-\(role) \(role) sha256:\($0.digest)\n" }
        }
        try write(lines.joined() + more)
    }

    deinit {
        unlink(path)
    }

    func write(_ text: String) throws {
        let descriptor = open(path, O_WRONLY | O_TRUNC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    func control(
        _ metrics: MetricsRegistry = MetricsRegistry(loopCount: 1),
        _ logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) throws -> AccessControl {
        try AccessControl(path: path, metrics: metrics, logger: logger)
    }

    func field(_ role: AccessRole?) -> String {
        role.flatMap { tokens[$0] }.map { "Authorization: Bearer \($0.text)\r\n" } ?? ""
    }
}
