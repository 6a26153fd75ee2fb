// SPDX-License-Identifier: Apache-2.0

extension Array where Element: Comparable {
    /// Sorts without further memory, which `sort` takes. Equal elements lose their order.
    ///
    /// - Complexity: O(n log n). R. W. Floyd, "Algorithm 245: treesort" (1964).
    mutating func heapsort() {
        for root in stride(from: count / 2 - 1, through: 0, by: -1) {
            siftDown(root, within: count)
        }
        for end in stride(from: count - 1, to: 0, by: -1) {
            swapAt(0, end)
            siftDown(0, within: end)
        }
    }

    private mutating func siftDown(_ root: Int, within end: Int) {
        var parent = root
        while case var child = 2 * parent + 1, child < end {
            if child + 1 < end, self[child] < self[child + 1] { child += 1 }
            guard self[parent] < self[child] else { return }
            swapAt(parent, child)
            parent = child
        }
    }
}
