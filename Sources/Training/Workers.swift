// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc

/// The threads that learning and judging may use. What the tasks compute must not depend on their
/// number.
package struct Workers: Sendable {
    /// Of whoever asks: as many as there are processors, unless it is within `using`.
    @TaskLocal static var current = Workers(processorCount)

    package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    let count: Int

    init(_ count: Int) {
        self.count = max(1, count)
    }

    /// What is called within uses so many threads.
    package static func using<Success, Failure>(
        _ count: Int, _ body: () throws(Failure) -> Success
    ) throws(Failure) -> Success {
        let result = $current.withValue(Workers(count)) { () -> Result<Success, Failure> in
            do throws(Failure) {
                return .success(try body())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
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
