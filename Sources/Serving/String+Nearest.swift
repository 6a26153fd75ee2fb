// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The name that the fewest changed, added, left out or swapped bytes make of this one; `nil`
    /// if half of it would have to change.
    package func nearest(among names: [String]) -> String? {
        // What differs that much in length cannot be near: a text of any length costs little.
        let distances = names.filter { abs(utf8.count - $0.utf8.count) * 2 <= utf8.count }
            .map { (name: $0, distance: editDistance(to: $0)) }
        guard let best = distances.min(by: { $0.distance < $1.distance }),
            best.distance * 2 <= utf8.count
        else { return nil }
        return best.name
    }

    /// The Damerau-Levenshtein distance, in its form of optimal string alignment.
    ///
    /// - Complexity: the product of both counts of bytes.
    func editDistance(to other: String) -> Int {
        let (own, theirs) = (Array(utf8), Array(other.utf8))
        var beforeLast: [Int] = []
        var last = Array(0...theirs.count)
        for (row, byte) in own.enumerated() {
            var current = [row + 1]
            for (column, their) in theirs.enumerated() {
                var distance = Swift.min(
                    last[column] + (byte == their ? 0 : 1), last[column + 1] + 1,
                    current[column] + 1)
                if row > 0, column > 0, byte == theirs[column - 1], own[row - 1] == their {
                    distance = Swift.min(distance, beforeLast[column - 1] + 1)
                }
                current.append(distance)
            }
            (beforeLast, last) = (last, current)
        }
        return last[theirs.count]
    }
}
