// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import Testing
import martlet

/// Flags, environment, file and defaults of `martlet serve`.
struct SettingsTests {
    private static func sources(
        _ flags: [String] = [], _ environment: [String: String] = [:], file: String? = nil
    ) throws -> SettingSources {
        var path: String?
        if let file {
            var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
            let descriptor = mkstemp(&template)
            try #require(descriptor >= 0)
            let bytes = Array(file.utf8)
            try #require(write(descriptor, bytes, bytes.count) == bytes.count)
            close(descriptor)
            path = String(
                decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        defer { if let path { unlink(path) } }
        return try SettingSources(
            flags: try SettingFlags.parse(flags), environment: environment, configPath: path)
    }

    private static func line(_ name: String, _ sources: SettingSources) -> String? {
        sources.listing.split(separator: "\n").first { $0.hasPrefix("\(name):") }.map {
            String($0.prefix { $0 != "#" }.dropFirst(name.count + 2))
                .replacing(" ", with: "")
        }
    }

    @Test func aFlagGoesBeforeAVariableAndThatBeforeTheFile() throws {
        let file = "registry: /file\nloops: 1\nidle-timeout-seconds: 1\nlog-level: error\n"
        let environment = ["MARTLET_LOOPS": "2", "MARTLET_IDLE_TIMEOUT_SECONDS": "2", "HOME": "/"]
        let sources = try Self.sources(
            ["--idle-timeout-seconds", "3"], environment, file: file)
        #expect(Self.line("registry", sources) == "\"/file\"")
        #expect(Self.line("log-level", sources) == "error")
        #expect(Self.line("loops", sources) == "2")
        #expect(Self.line("idle-timeout-seconds", sources) == "3")
        #expect(Self.line("head-timeout-seconds", sources) == "30")
    }

    @Test func aToggleIsAFlagWithoutAValue() throws {
        let variable = ["MARTLET_REGISTRY": "r", "MARTLET_INSECURE_ADMIN": "true"]
        func value(_ flags: [String], _ variables: [String: String]) throws -> String? {
            Self.line("insecure-admin", try Self.sources(flags, variables))
        }
        #expect(try value(["--registry", "r"], [:]) == "false")
        #expect(try value(["--registry", "r", "--insecure-admin"], [:]) == "true")
        #expect(try value([], variable) == "true")
        #expect(try value(["--no-insecure-admin"], variable) == "false")
    }

    @Test func listsAreGivenByRepetitionCommasOrSequences() throws {
        let expected = "[\"a@production\",\"b@stable\"]"
        let flags = ["--registry", "r", "--model", "a", "--model", "b@stable"]
        #expect(Self.line("model", try Self.sources(flags)) == expected)
        let variable = ["MARTLET_REGISTRY": "r", "MARTLET_MODEL": "a,b@stable"]
        #expect(Self.line("model", try Self.sources([], variable)) == expected)
        let file = "registry: r\nmodel: [a, b@stable]\n"
        #expect(Self.line("model", try Self.sources(file: file)) == expected)
    }

    @Test func whatIsPrintedIsAFileThatGivesTheSame() throws {
        let flags = [
            "--registry", "a \"b\"\\c#d: e", "--model", "m@x", "--listen", "[::1]:9", "--tls-key",
            "k",
            "--tls-certificate", "c", "--body-bytes-max", "77", "--drain-delay", "3",
            "--insecure-admin", "--admin-listen", "[::1]:10", "--tokens-file", "t",
        ]
        let first = try Self.sources(flags)
        let second = try Self.sources(file: first.listing)
        let values = { (sources: SettingSources) in
            sources.listing.split(separator: "\n").map { $0.split(separator: "  #")[0] }
        }
        #expect(values(first) == values(second))
    }

    @Test(
        arguments: [
            (["--registry", "r", "--body-bytes-max=-1"], [:], nil, "from 1 to"),
            (["--registry", "r", "--loops", "+1"], [:], nil, "\"+1\" is not a whole number"),
            (["--registry", "r", "--loops", "01"], [:], nil, "\"01\" is not"),
            (["--registry", "r", "--loops", "9999999999999999999"], [:], nil, "is not"),
            (["--registry", "r", "--log-level", "loud"], [:], nil, "one of trace, debug"),
            (["--registry", "r", "--listen", "nowhere"], [:], nil, "is not an address"),
            (["--registry", "r", "--model", "Bad Name"], [:], nil, "NAME or NAME@ALIAS"),
            (["--registry", "r", "--tls-key", "k"], [:], nil, "tls-certificate 0 times"),
            (["--registry", "r", "--tls-client-ca", "k"], [:], nil, "needs tls-certificate"),
            (["--registry", "r", "--forbid-self-promotion"], [:], nil, "needs tokens-file"),
            (
                ["--registry", "r", "--admin-listen", "127.0.0.1:8080"], [:], nil,
                "address of listen"
            ),
            (["--registry", "r"], ["MARTLET_INSECURE_ADMIN": "yes"], nil, "is not true or false"),
            (["--registry", "r", "--head-bytes-max", "1000"], [:], nil, "request-line-bytes-max"),
            (["--registry", "r", "--webhook-url", "a.example"], [:], nil, "is not a URL like"),
            (["--registry", "r", "--webhook-url", "http://u:p@a/"], [:], nil, "user information"),
            (
                ["--registry", "r", "--feedback-server-name", "a"], [:], nil,
                "needs feedback-store"
            ),
            (["--registry", "r", "--webhook-format", "xml"], [:], nil, "one of generic, slack"),
            (["--registry", "r", "--webhook-secret-file", "f"], [:], nil, "needs webhook-url"),
            (
                ["--registry", "r", "--webhook-url", "http://a/", "--webhook-ca", "f"], [:], nil,
                "needs a webhook-url of https"
            ),
            ([], [:], nil, "registry is not set"),
            ([], ["MARTLET_REGISTRY": ""], nil, "a path"),
            ([], ["MARTLET_REGISTRI": "r"], nil, "did you mean 'MARTLET_REGISTRY'?"),
            ([], [:], "registri: r", "did you mean 'registry'?"),
            ([], [:], "registry: r\nloops: [1, 2]", "\"[1, 2]\" is not"),
            ([], [:], "registry: r\nloops:", "loops needs a value"),
            ([], [:], "registry: r\nregistry: s", "given twice"),
            ([], [:], "- registry", "settings are lines like"),
            ([], [:], "registry: \"", ":1: "),
            // A value that a stronger one covers is judged all the same.
            (["--registry", "r", "--loops", "1"], [:], "loops: x", "\"x\" is not"),
        ] as [([String], [String: String], String?, String)])
    func refuses(
        _ flags: [String], _ environment: [String: String], _ file: String?, _ words: String
    ) throws {
        let error = #expect(throws: SettingError.self) {
            _ = try Self.sources(flags, environment, file: file)
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains(words), "\(text)")
    }

    @Test func passesOverWhatKubernetesSetsForAServiceOfThisName() throws {
        let links = [
            "MARTLET_SERVICE_HOST": "10.0.0.1", "MARTLET_SERVICE_PORT": "80",
            "MARTLET_PORT": "tcp://10.0.0.1:80", "MARTLET_PORT_80_TCP_ADDR": "10.0.0.1",
            "MARTLET_CANARY_SERVICE_PORT_HTTP": "80", "MARTLET_REGISTRY": "r",
            // What `martlet rollout` is told by.
            "MARTLET_SERVER": "a:80", "MARTLET_TOKEN_FILE": "f",
        ]
        #expect(Self.line("registry", try Self.sources([], links)) == "\"r\"")
    }

    /// The table of the documentation is the table of the program.
    @Test func theDocumentationHasEachSetting() throws {
        let page = String(
            decoding: try ServiceFixture.contents(Self.root + "/docs/configuration.md"),
            as: UTF8.self)
        let defaults = try Self.sources(["--registry", "r"])
        var expected = "| setting | default | value | meaning |\n|---|---|---|---|\n"
        for setting in Setting.all {
            let value = setting.name == "registry" ? "" : Self.line(setting.name, defaults) ?? ""
            let fallback = ["", "[]"].contains(value) ? "–" : "`\(value)`"
            expected += "| `\(setting.name)` | \(fallback) | \(setting.allowed) "
            expected += "| \(setting.meaning) |\n"
        }
        #expect(page.contains(expected), "the table should be:\n\(expected)")
    }

    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") {
        "\($0)/\($1)"
    }
}
