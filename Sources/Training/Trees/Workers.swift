// SPDX-License-Identifier: Apache-2.0
import Dispatch

/// The threads that a learner may use. What the tasks compute must not depend on their number.
struct Workers: Sendable {
    let count: Int

    init(_ count: Int) {
        self.count = max(1, count)
    }

    /// Runs all tasks and waits for them. What one of them writes, no other may touch.
    func perform(_ taskCount: Int, _ task: (Int) -> Void) {
        let width = min(count, taskCount)
        guard width > 1 else {
            for index in 0..<taskCount { task(index) }
            return
        }
        withoutActuallyEscaping(task) { task in
            // The tasks end before this call does and share no cell that one of them writes, which
            // the type system cannot see.
            let task = unsafeBitCast(task, to: (@Sendable (Int) -> Void).self)
            DispatchQueue.concurrentPerform(iterations: width) { first in
                for index in stride(from: first, to: taskCount, by: width) { task(index) }
            }
        }
    }

    /// Runs a task for each block of fixed length, the last of which may be shorter.
    func perform(blocksOf length: Int, of count: Int, _ task: (Int, Range<Int>) -> Void) {
        perform((count + length - 1) / length) { block in
            task(block, block * length..<min(count, (block + 1) * length))
        }
    }
}
