// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization
import Testing

@testable import Training

struct WorkersTests {
    /// No more threads than were allowed, and every task once.
    @Test(arguments: [1, 2, 5])
    func useSoManyThreads(count: Int) {
        let threads = Mutex<[pthread_t: Int]>([:])
        let sums = Workers.using(count) {
            RowBlocks(rowCount: 64 * 1024, resultByteCount: 8).map { _, rows in
                threads.withLock { $0[pthread_self(), default: 0] += 1 }
                usleep(200)
                return rows.reduce(0, +)
            }
        }
        #expect(sums.count == 64)
        let rowCount = 64 * 1024
        #expect(sums.reduce(0, +) == rowCount * (rowCount - 1) / 2)
        let used = threads.withLock(\.self)
        #expect(used.values.reduce(0, +) == 64)
        #expect(used.count <= count)
        if count == 1 { #expect(used[pthread_self()] == 64) }
    }

    @Test func endWithTheirErrors() {
        #expect(throws: TrainingError.self) {
            try Workers.using(2) { () throws(TrainingError) in throw .interrupted }
        }
    }
}
