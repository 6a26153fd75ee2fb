// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Testing

struct DeadlinesTests {
    @Test(arguments: [
        (Deadlines.Phase.idle, 75, Deadlines.Verdict.close), (.head, 30, .refuse),
        (.body, 60, .refuse), (.writing, 30, .close), (.lingering, 5, .close),
    ])
    func actsWhenItsTimeIsUp(
        _ phase: Deadlines.Phase, _ seconds: Int, _ expected: Deadlines.Verdict
    ) {
        let end = UInt64(seconds) * 1_000_000_000
        #expect(Deadlines().verdict(phase, sinceNanoseconds: end - 1) == .wait)
        #expect(Deadlines().verdict(phase, sinceNanoseconds: end) == expected)
        #expect(Deadlines().verdict(.answering, sinceNanoseconds: .max) == .wait)
    }
}
