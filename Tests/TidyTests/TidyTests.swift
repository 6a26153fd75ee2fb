// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The house rules over the source tree. A rule without a test is a wish.
struct TidyTests {
    struct Source: CustomStringConvertible, Sendable {
        let path: String
        let lines: [Substring]

        var description: String { path }
        var isTest: Bool { path.hasPrefix("Tests/") }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let sources: [Source] = {
        var sources: [Source] = []
        for folder in ["Sources", "Tests", "Benchmarks", "Fuzz"] {
            let base = root.path + "/" + folder
            let files: [String] = FileManager.default.subpaths(atPath: base) ?? []
            for file in files.sorted()
            where file.hasSuffix(".swift") && generated["\(folder)/\(file)"] == nil {
                guard let bytes = FileManager.default.contents(atPath: base + "/" + file) else {
                    continue
                }
                let text = String(decoding: bytes, as: UTF8.self)
                sources.append(
                    Source(
                        path: "\(folder)/\(file)",
                        lines: text.split(separator: "\n", omittingEmptySubsequences: false)))
            }
        }
        return sources
    }()

    /// What a tool writes is as the tool writes it; each file with its source and its tool.
    static let generated = [
        "Sources/Importing/ONNX/Generated/onnx.pb.swift":
            "protoc-gen-swift 1.39.0 makes it of onnx.proto (docs/importing-onnx.md)"
    ]

    /// What is forbidden in `Sources`, unless the file stands in the allow-list with its reason.
    static let forbidden: [(text: String, allowed: [String: String])] = [
        ("try!", [:]), ("as!", [:]), ("fatalError", [:]), ("@unchecked", [:]),
        ("nonisolated(unsafe)", [:]),
        (
            "unsafeBitCast",
            [
                "Sources/Training/Workers.swift": "tasks end before their closure's call does",
                "Sources/Models/Trees/Kernels/CellSearch.swift": "a Bool's byte, without a branch",
            ]
        ),
        (
            "import Foundation",
            [
                "Sources/Feedback/Blob.swift": "GRDB's blobs are Foundation's Data",
                "Sources/Registry/Blob.swift": "GRDB's blobs are Foundation's Data",
                "Benchmarks/hummingbird_service/Sources/Peer/Peer.swift": "as a peer's users do",
                "Benchmarks/hummingbird_service/Sources/Peer/LinearModel.swift": "the same",
            ]
        ),
        (" print(", [:]), ("public ", [:]), ("TODO", [:]), ("FIXME", [:]), ("@testable", [:]),
    ]

    static let forbiddenNames = [
        "Manager", "Helper", "Util", "Common", "Base", "Impl", "Processor",
    ]

    /// Row by row: who may import whom among this package's targets.
    static let imports: [String: Set<String>] = [
        "CSV": [], "JSON": [], "OpenSSL": ["COpenSSL"], "Zlib": ["CZlib"], "HTTP1": [],
        "Rollout": [], "Telemetry": [],
        "Feedback": ["OpenSSL"], "Models": ["JSON"], "Registry": ["OpenSSL"],
        "HTTPServer": ["HTTP1", "Telemetry", "OpenSSL", "CEpoll"],
        "Importing": ["Models", "JSON"],
        "Serving": [
            "HTTP1", "Telemetry", "Rollout", "Feedback", "Registry", "Models", "JSON", "Zlib",
        ],
        "Training": ["Models", "CSV", "JSON", "Zlib"],
        "martlet": [
            "HTTP1", "HTTPServer", "Serving", "Importing", "Feedback", "Registry", "Models",
            "Telemetry", "CSV", "JSON", "OpenSSL", "Zlib",
        ],
        "martlet-train": ["Training", "Registry", "Models", "CSV", "JSON"],
    ]

    @Test func seesTheTree() {
        #expect(Self.sources.count > 50)
    }

    @Test(arguments: sources)
    func filesAreShort(_ source: Source) {
        #expect(source.lines.count <= (source.isTest ? 500 : 400))
    }

    @Test(arguments: sources)
    func linesFitTheColumns(_ source: Source) {
        for (number, line) in source.lines.enumerated()
        where line.count > 100 && !line.contains("\"") {
            Issue.record("line \(number + 1) has \(line.count) columns")
        }
    }

    /// A function at type level begins at a column of indent and ends at the brace below it.
    @Test(arguments: sources)
    func functionsAreShort(_ source: Source) {
        for (start, line) in source.lines.enumerated() {
            let indent = line.prefix { $0 == " " }
            let text = line.dropFirst(indent.count)
            guard text.contains("func ") || text.hasPrefix("init("), text.hasSuffix("{") else {
                continue
            }
            let end = source.lines[start...].firstIndex { $0 == indent + "}" } ?? start
            #expect(end - start <= 70, "line \(start + 1)")
        }
    }

    @Test(arguments: sources.filter { !$0.isTest })
    func sourcesUseNothingForbidden(_ source: Source) {
        for rule in Self.forbidden where rule.allowed[source.path] == nil {
            for (number, line) in source.lines.enumerated()
            where line.contains(rule.text) && !line.drop(while: { $0 == " " }).hasPrefix("//") {
                Issue.record("line \(number + 1): \(rule.text)")
            }
        }
    }

    @Test(arguments: sources)
    func namesSayWhatThingsAre(_ source: Source) {
        let name = source.path.split(separator: "/").last ?? ""
        for word in Self.forbiddenNames { #expect(!name.contains(word)) }
    }

    /// A manifest begins with its tools' version.
    @Test(arguments: sources.filter { !$0.path.hasSuffix("/Package.swift") })
    func filesBeginWithTheLicence(_ source: Source) {
        #expect(source.lines.first == "// SPDX-License-Identifier: Apache-2.0")
    }

    @Test(arguments: sources.filter { !$0.isTest && $0.path.hasPrefix("Sources/") })
    func importsGoDownTheRows(_ source: Source) throws {
        let target = String(source.path.split(separator: "/")[1])
        let allowed = try #require(Self.imports[target], "a target without a row")
        let ours = Set(Self.imports.keys).union(["COpenSSL", "CZlib", "CEpoll"])
        for line in source.lines {
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index <= 1, index + 1 < words.count
            else { continue }
            let module = String(words[index + 1])
            if ours.contains(module) { #expect(allowed.contains(module), "\(line)") }
        }
    }
}
