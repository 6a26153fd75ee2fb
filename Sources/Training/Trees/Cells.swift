// SPDX-License-Identifier: Apache-2.0

/// Memory of fixed length that the threads of one learner share: each writes cells that no other
/// thread looks at meanwhile.
///
/// The kernels of trees work on `start`; everything else goes through the subscript, which checks.
final class Cells<Element: BitwiseCopyable> {
    let count: Int
    let start: UnsafeMutablePointer<Element>

    init(repeating value: Element, count: Int) {
        self.count = count
        start = .allocate(capacity: count)
        start.initialize(repeating: value, count: count)
    }

    deinit { start.deallocate() }

    @inline(__always)
    subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "a cell that is not there")
            return start[index]
        }
        set {
            precondition(index >= 0 && index < count, "a cell that is not there")
            start[index] = newValue
        }
    }
}
