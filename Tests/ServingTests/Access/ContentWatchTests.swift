// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Serving

struct ContentWatchTests {
    private static let old = ContentWatch.Contents.bytes([1])
    private static let half = ContentWatch.Contents.bytes([2])
    private static let new = ContentWatch.Contents.bytes([2, 3])
    private static let gone = ContentWatch.Contents.unreadable(errno: 2)

    @Test(
        arguments: [
            ([old, old, old], [false, false, false]),
            // Written in two steps: never judged by half.
            ([old, half, new, new, new], [false, false, false, true, false]),
            ([half, half, new, new], [false, true, false, true]),
            // Back to what it was before anybody looked twice.
            ([half, old, old], [false, false, false]),
            // Put away for a moment, and for longer.
            ([gone, new, new], [false, false, true]),
            ([gone, gone, gone, old, old], [false, true, false, false, true]),
        ] as [([ContentWatch.Contents], [Bool])])
    func judgesWhatHasRested(_ polls: [ContentWatch.Contents], _ expected: [Bool]) {
        var watch = ContentWatch(judged: Self.old)
        let verdicts = polls.map { watch.poll($0) }
        #expect(verdicts == expected)
    }

    @Test func whatIsForcedIsNotJudgedAgain() {
        var watch = ContentWatch(judged: Self.old)
        watch.force(Self.new)
        let verdicts = [Self.new, Self.new, Self.old, Self.old].map { watch.poll($0) }
        #expect(verdicts == [false, false, false, true])
    }
}
