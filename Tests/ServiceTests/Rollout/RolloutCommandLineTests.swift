// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Synchronization
import Testing

/// `martlet rollout` against a server that says what the script has.
@Suite(.serialized)
struct RolloutCommandLineTests {
    private static func document(
        _ state: String, verdict: String = "inconclusive", id: Int = 7, sequence: Int = 2,
        isTerminal: Bool = false, model: String = "adult"
    ) -> String {
        """
        {"id":\(id),"model":"\(model)","kind":"canary","stable":3,"candidate":4,"state":"\(state)",\
        "verdict":"\(verdict)","reason":"accepted","sequence":\(sequence),"candidate_weight":0.055,\
        "created_at":"2026-11-21T17:00:00.000Z","created_by":"ann","is_terminal":\(isTerminal),\
        "evidence":[{"name":"paired_error","value":1.23456,"threshold":700},\
        {"name":"requests","value":12345,"threshold":null}]}
        """
    }

    private static func history(_ transitions: [(String, String)]) -> String {
        let events = transitions.enumerated().map { index, move in
            """
            {"sequence":\(index + 1),"from":"\(move.0)","to":"\(move.1)","reason":"accepted",\
            "actor":"martlet","at":"2026-11-21T17:0\(index):00.000Z","evidence":[]}
            """
        }
        return "{\"events\":[\(events.joined(separator: ","))]}"
    }

    /// Runs the program; waits for its end.
    private static func run(
        _ words: [String], _ fixture: ServiceFixture, environment: [String: String] = [:]
    ) throws -> (code: Int32, output: String) {
        let output = "\(fixture.folder)/output"
        unlink(output)
        let process = try Process(
            ServiceFixture.program("martlet"), ["rollout"] + words, output: output,
            environment: environment)
        let code = process.wait()
        return (code, String(decoding: try ServiceFixture.contents(output), as: UTF8.self))
    }

    private static func run(
        _ words: String, _ server: ScriptedServer, _ fixture: ServiceFixture
    ) throws -> (code: Int32, output: String) {
        try run(
            words.split(separator: " ").map(String.init) + ["--server", server.address], fixture)
    }

    @Test func startSendsThePlan() throws {
        let fixture = try ServiceFixture()
        let server = try ScriptedServer { _, _ in
            ScriptedServer.json(Self.document("shadow"), status: "201 Created")
        }
        defer { server.stop() }
        let plan = try fixture.write(
            Array(#"{"alpha": 0.001, "step_seconds": 5}"#.utf8), "plan.json")
        let token = try fixture.write(Array("s3cret\n".utf8), "token")
        let result = try Self.run(
            [
                "start", "adult", "--candidate", "4", "--plan", plan, "--steps", "1%,5,33.33%",
                "--step-seconds", "2.5", "--no-shadow", "--supersede", "--reason", "why not",
            ], fixture,
            environment: ["MARTLET_SERVER": server.address, "MARTLET_TOKEN_FILE": token])
        #expect(result.code == 0, "\(result.output)")
        #expect(result.output == "rollout 7 of adult is shadow\n")
        let request = try #require(server.requests.first)
        #expect(request.line == "POST /rollouts")
        #expect(request["Authorization"] == "Bearer s3cret")
        #expect(
            try JSONValue(parsing: request.body) == [
                "model": "adult", "candidate": 4,
                "plan": [
                    "alpha": 0.001, "steps": [0.01, 0.05, 0.3333], "step_seconds": 2.5,
                    "shadow": false,
                ], "reason": "why not", "supersede": true,
            ])
    }

    @Test func startSendsAnExperiment() throws {
        let fixture = try ServiceFixture()
        let server = try ScriptedServer { _, _ in ScriptedServer.json(Self.document("canary:0")) }
        defer { server.stop() }
        let result = try Self.run(
            "start adult --arms 3:50,4:49.5,5:0.50 --exposure 80% --format json", server, fixture)
        #expect(result.code == 0, "\(result.output)")
        #expect(result.output == Self.document("canary:0") + "\n")
        #expect(
            try JSONValue(parsing: server.requests.first?.body ?? "") == [
                "model": "adult",
                "plan": [
                    "arms": [
                        ["version": 3, "weight": 0.5], ["version": 4, "weight": 0.495],
                        ["version": 5, "weight": 0.005],
                    ], "exposure": 0.8,
                ],
            ])
    }

    /// Nothing of these reaches a server.
    @Test(arguments: [
        ("start adult", "give --candidate VERSION, or --arms"),
        ("start adult --candidate 4 --steps 5,1", "'steps' does not grow at place 2"),
        ("start adult --candidate 4 --steps 0.001", "'0.001' is not a percentage"),
        ("start adult --candidate 4 --steps 101", "'101' is not a percentage"),
        ("start adult --candidate 4 --steps 1,,2", "'' is not a percentage"),
        ("start adult --candidate 4 --on-inconclusive stop", "not one of hold, roll_back"),
        ("start adult --arms 3:50,4", "'4' is not VERSION:PERCENT"),
        ("start adult --arms 3:50,4:40", "'arms' has weights of 0.9 together, not 1"),
        ("start adult --candidate 4 --exposure 80", "'arms' is missing"),
        ("wait 7 --timeout-seconds -1", "Missing value"),
        ("wait 7 --interval-seconds 0", "--interval-seconds is from 1"),
        ("status 7 --format xml", "is invalid"),
        ("status 7 --ca file", "--ca and --tls-certificate need --tls"),
        ("status", "Missing expected argument '<rollout>'"),
        ("decide 7", "Usage: martlet rollout <subcommand>"),
    ])
    func wrongUsageIsTwo(_ words: String, _ text: String) throws {
        let fixture = try ServiceFixture()
        let server = try ScriptedServer { _, _ in nil }
        defer { server.stop() }
        let result = try Self.run(words, server, fixture)
        #expect(result.code == 2)
        #expect(result.output.contains(text), "\(result.output)")
        #expect(server.requests.isEmpty)
    }

    @Test func statusShowsTheEvidence() throws {
        let fixture = try ServiceFixture()
        let server = try ScriptedServer { request, _ in
            ScriptedServer.json(
                request.line == "GET /rollouts"
                    ? "{\"rollouts\":[\(Self.document("promoted")),"
                        + "\(Self.document("canary:1", id: 9)),"
                        + "\(Self.document("bake", id: 12, model: "other"))]}"
                    : Self.document("canary:1", id: 9))
        }
        defer { server.stop() }
        let result = try Self.run("status adult", server, fixture)
        #expect(result.code == 0)
        #expect(
            result.output == """
                rollout   9
                model     adult
                kind      canary
                versions  3 -> 4
                state     canary:1
                verdict   inconclusive (accepted)
                weight    5.5%
                created   2026-11-21T17:00:00.000Z by ann

                EVIDENCE      VALUE  THRESHOLD
                paired_error  1.235  700
                requests      12345  -

                """)
        #expect(server.requests.map(\.line) == ["GET /rollouts", "GET /rollouts/9"])
        let list = try Self.run("list adult", server, fixture)
        #expect(list.output.split(separator: "\n").count == 3)
        let none = try Self.run("status nobody", server, fixture)
        #expect(none.code == 1)
        #expect(none.output.contains("model 'nobody' has no rollout"))
    }

    @Test(arguments: [("pass", Int32(0)), ("fail", 3), ("inconclusive", 4), ("maybe", 4)])
    func aVerdictIsAnExitStatus(_ verdict: String, _ code: Int32) throws {
        let fixture = try ServiceFixture()
        let server = try ScriptedServer { _, _ in
            ScriptedServer.json(
                #"{"verdict":"\#(verdict)","state":"rolled_back:harm","reasons":["harm"],"#
                    + #""evidence":{"harm":{"value":912.5,"threshold":700}}}"#)
        }
        defer { server.stop() }
        let result = try Self.run("verdict 7", server, fixture)
        #expect(result.code == code)
        #expect(result.output.hasPrefix("\(verdict)  rolled_back:harm  harm\n"))
        #expect(result.output.contains("harm      912.5  700"), "\(result.output)")
        #expect(server.requests.first?.line == "GET /rollouts/7/verdict")
    }

    @Test(arguments: ["promote", "abort", "pause", "resume", "rollback"])
    func anActionIsAPost(_ verb: String) throws {
        let fixture = try ServiceFixture()
        let server = try ScriptedServer { _, count in
            count == 0
                ? ScriptedServer.json(Self.document("aborted"))
                : ScriptedServer.json(
                    #"{"title":"Conflict","detail":"it has ended"}"#, status: "409 Conflict")
        }
        defer { server.stop() }
        let done = try Self.run("\(verb) 7 --reason because", server, fixture)
        #expect(done.code == 0)
        #expect(done.output == "rollout 7 of adult is aborted\n")
        let refused = try Self.run("\(verb) 7", server, fixture)
        #expect(refused.code == 1)
        #expect(refused.output == "martlet: http://\(server.address): 409: it has ended\n")
        #expect(
            server.requests.map(\.line) == Array(repeating: "POST /rollouts/7/\(verb)", count: 2))
        #expect(server.requests.map(\.body) == [#"{"reason":"because"}"#, "{}"])
    }

    @Test(arguments: [
        ("promoted", "pass", Int32(0)), ("rolled_back:paired_error", "fail", 3),
        ("expired", "inconclusive", 4), ("aborted", "inconclusive", 4),
        ("superseded", "inconclusive", 4),
    ])
    func waitEndsWithTheRollout(_ state: String, _ verdict: String, _ code: Int32) throws {
        let fixture = try ServiceFixture()
        let looks = Atomic<Int>(0)
        let server = try ScriptedServer { [state, verdict] request, _ in
            let moves = [("created", "shadow"), ("shadow", "canary:0"), ("canary:0", state)]
            let isEnded = looks.load(ordering: .relaxed) > 0
            if request.line.hasSuffix("/history") {
                looks.add(1, ordering: .relaxed)
                return ScriptedServer.json(Self.history(Array(moves.prefix(isEnded ? 3 : 2))))
            }
            return ScriptedServer.json(
                isEnded
                    ? Self.document(state, verdict: verdict, sequence: 3, isTerminal: true)
                    : Self.document("canary:0"))
        }
        defer { server.stop() }
        let result = try Self.run("wait 7 --format json", server, fixture)
        #expect(result.code == code, "\(result.output)")
        let lines = result.output.split(separator: "\n")
        let moves = try lines.dropLast().map { try JSONValue(parsing: String($0))["to"]?.string }
        #expect(moves == ["shadow", "canary:0", state], "each once")
        #expect(try lines.last.map { try JSONValue(parsing: String($0))["state"]?.string } == state)
    }

    @Test func waitEndsAtAStateOrWithItsTime() throws {
        let fixture = try ServiceFixture()
        let server = try ScriptedServer { request, _ in
            ScriptedServer.json(
                request.line.hasSuffix("/history")
                    ? Self.history([("created", "canary:1")]) : Self.document("canary:1"))
        }
        defer { server.stop() }
        for (until, code) in [("canary", Int32(0)), ("canary:1", 0), ("canary:0", 4), ("can", 4)] {
            let result = try Self.run(
                "wait 7 --until \(until) --timeout-seconds 1", server, fixture)
            #expect(result.code == code, "\(until): \(result.output)")
        }
    }

    /// Gone for longer than a look, back with errors, then well.
    @Test func waitSurvivesARestart() throws {
        let fixture = try ServiceFixture()
        let before = try ScriptedServer { request, _ in
            ScriptedServer.json(
                request.line.hasSuffix("/history")
                    ? Self.history([("created", "canary:1")])
                    : Self.document("canary:1", sequence: 1))
        }
        let output = "\(fixture.folder)/output"
        let process = try Process(
            ServiceFixture.program("martlet"),
            ["rollout", "wait", "7", "--server", before.address], output: output)
        #expect(before.waits(forRequests: 2))
        before.stop()
        usleep(1_500_000)
        let after = try ScriptedServer(port: before.port) { request, count in
            switch count {
            case 0: ScriptedServer.json("{}", status: "503 Service Unavailable")
            case 1: ScriptedServer.json("{}", status: "404 Not Found")
            case _ where request.line.hasSuffix("/history"):
                ScriptedServer.json(
                    Self.history([("created", "canary:1"), ("canary:1", "promoted")]))
            default:
                ScriptedServer.json(
                    Self.document("promoted", verdict: "pass", sequence: 2, isTerminal: true))
            }
        }
        defer { after.stop() }
        let code = process.wait()
        let text = String(decoding: try ServiceFixture.contents(output), as: UTF8.self)
        #expect(code == 0, "\(text)")
        #expect(text.ranges(of: "created  canary:1").count == 1)
        #expect(text.ranges(of: "canary:1  promoted").count == 1)
        #expect(text.ranges(of: "trying again").count == 1)
    }

    @Test(arguments: [
        ("401 Unauthorized", "401: no reason given"), ("404 Not Found", "404: no reason given"),
    ])
    func waitDoesNotTryWhatWillNotChange(_ status: String, _ text: String) throws {
        let fixture = try ServiceFixture()
        let server = try ScriptedServer { _, _ in ScriptedServer.json("{}", status: status) }
        defer { server.stop() }
        let result = try Self.run("wait 7", server, fixture)
        #expect(result.code == 1)
        #expect(result.output.contains(text), "\(result.output)")
        #expect(server.requests.count == 1)
    }

    @Test func aServerThatIsNotThereIsOne() throws {
        let fixture = try ServiceFixture()
        let server = try ScriptedServer { _, _ in nil }
        server.stop()
        let result = try Self.run("status 7", server, fixture)
        #expect(result.code == 1)
        #expect(result.output.contains("connect: Connection refused"), "\(result.output)")
        let name = try Self.run(["status", "7", "--server", "no.such.host.invalid:1"], fixture)
        #expect(name.code == 1)
        #expect(name.output.contains("'no.such.host.invalid' has no address"), "\(name.output)")
    }

    @Test func aTokenIsNotSentAsWhatItIsNot() throws {
        let fixture = try ServiceFixture()
        let server = try ScriptedServer { _, _ in nil }
        defer { server.stop() }
        let path = try fixture.write(Array("a\r\nX: y\n".utf8), "token")
        let result = try Self.run("status 7 --token-file \(path)", server, fixture)
        #expect(result.code == 1)
        #expect(result.output.contains("no token of visible ASCII characters"))
        #expect(server.requests.isEmpty)
    }
}
