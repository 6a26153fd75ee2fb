// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Testing

struct DeadlinesTests {
    @Test(arguments: [
        (Deadlines.Phase.handshake, 10, Deadlines.Verdict.close), (.opening, 30, .close),
        (.idle, 75, .close), (.head, 30, .refuse), (.body, 60, .refuse), (.writing, 30, .close),
        (.lingering, 5, .close),
    ])
    func actsWhenItsTimeIsUp(
        _ phase: Deadlines.Phase, _ seconds: Int, _ expected: Deadlines.Verdict
    ) {
        let deadlines = Deadlines()
        let end = UInt64(seconds) * 1_000_000_000
        let verdicts = [end - 1, end].map {
            deadlines.verdict(phase, sinceNanoseconds: $0, byteCount: 1_000_000)
        }
        #expect(verdicts == [.wait, expected])
        #expect(deadlines.verdict(.answering, sinceNanoseconds: .max) == .wait)
    }

    @Test func leavesLittleTimeInTheReserve() {
        let deadlines = Deadlines().ofReserve
        for phase: Deadlines.Phase in [.handshake, .opening, .idle, .head, .body, .writing] {
            let verdicts: [Deadlines.Verdict] = [4_999_999_999, 5_000_000_000].map {
                deadlines.verdict(phase, sinceNanoseconds: $0, byteCount: 1_000_000)
            }
            #expect(verdicts.first == .wait && verdicts.last != .wait, "\(phase)")
        }
        var short = Deadlines()
        short.headSeconds = 1
        #expect(short.ofReserve.headSeconds == 1)
    }

    /// 240 bytes a second, asked for after five seconds.
    @Test(arguments: [
        (0, 4, Deadlines.Verdict.wait), (0, 5, .refuse), (1199, 5, .refuse), (1200, 5, .wait),
        (2399, 10, .refuse), (2400, 10, .wait), (14_159, 59, .refuse), (14_160, 59, .wait),
    ])
    func demandsARateOfABody(_ byteCount: Int, _ seconds: Int, _ expected: Deadlines.Verdict) {
        let elapsed = UInt64(seconds) * 1_000_000_000
        let verdict = Deadlines().verdict(.body, sinceNanoseconds: elapsed, byteCount: byteCount)
        #expect(verdict == expected)
    }
}
