// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Serving

struct RefusalBudgetTests {
    @Test func logsTheFirstTenOfASecondAndCountsTheRest() {
        var budget = RefusalBudget()
        var verdicts: [RefusalBudget.Verdict] = []
        for index in 0..<1_000 {
            verdicts.append(budget.take(nanoseconds: 5_000_000_000 + UInt64(index)))
        }
        #expect(verdicts.prefix(10).allSatisfy { $0 == .log })
        #expect(verdicts[10] == .holdFirst)
        #expect(verdicts.dropFirst(11).allSatisfy { $0 == .hold })
        let held = budget.takeHeldCount()
        #expect(held == 990)
        let again = budget.takeHeldCount()
        #expect(again == 0)
    }

    @Test func aSecondLaterThereAreTenMore() {
        var budget = RefusalBudget()
        for _ in 0..<11 { _ = budget.take(nanoseconds: 0) }
        let early = budget.take(nanoseconds: 999_999_999)
        #expect(early == .hold)
        let later = (0..<11).map { _ in budget.take(nanoseconds: 1_000_000_000) }
        #expect(later == Array(repeating: .log, count: 10) + [.hold])
        // Of another loop, whose clock was read a moment before.
        let before = budget.take(nanoseconds: 999_999_999)
        #expect(before == .hold)
    }
}
