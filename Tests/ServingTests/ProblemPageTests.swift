// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP1
import Testing

/// `docs/api.md` names every type of problem with its status; these tests keep its word.
struct ProblemPageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }

    /// `status type` for each type in the tables under "Problems".
    static let documented: [String] = {
        let page = text("docs/api.md")
        let section = page.split(separator: "\n## ").first { $0.hasPrefix("Problems\n") } ?? ""
        return section.split(separator: "\n").flatMap { line -> [String] in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("|"), cells.count > 1, Int(cells[0]) != nil else { return [] }
            return cells[1].matches(of: #/`([a-z0-9-]+)`/#).map { "\(cells[0]) \($0.output.1)" }
        }
    }()

    /// The same of what the sources send: each is `.status, "type", "title"` there.
    private static let sent: Set<String> = {
        let sources = ["Problem", "Predict/InputProblem", "Rollouts/RolloutProblem+Wire"].map {
            text("Sources/Serving/\($0).swift")
        }
        let codes = Dictionary(
            uniqueKeysWithValues: HTTPStatus.allCases.map { ("\($0)", $0.code) })
        let wires = sources.joined().matches(of: #/\.(\w+),\s*"([a-z-]+)",\s*"[A-Z]/#).map {
            "\(codes[String($0.output.1), default: 0]) \($0.output.2)"
        }
        let refusals = HTTPParseError.allCases.map {
            "\($0.status.code) \($0.rawValue.replacing("_", with: "-"))"
        }
        return Set(wires + refusals)
    }()

    @Test func theTablesNameEveryTypeOnce() {
        #expect(Self.sent.count > 60)
        #expect(!Self.sent.contains { $0.hasPrefix("0 ") })
        #expect(Self.sent.subtracting(Self.documented) == [])
        #expect(Set(Self.documented).subtracting(Self.sent) == [])
        #expect(Set(Self.documented).count == Self.documented.count)
    }

    /// Every `Wire` in the sources is one that the pattern above finds.
    @Test func noTypeIsOverlooked() {
        for name in ["Problem", "Predict/InputProblem"] {
            let source = Self.text("Sources/Serving/\(name).swift")
            let made = source.matches(of: #/\bWire\(\s*\./#).count
            let found = source.matches(of: #/\.(\w+),\s*"([a-z-]+)",\s*"[A-Z]/#).count
            #expect(made == found && made > 0)
        }
    }
}
