// SPDX-License-Identifier: Apache-2.0

/// Suggestions for names that were probably mistyped.
package enum Spelling {
    /// The name with the fewest edits from `word`, case aside; `nil` when those are more than about
    /// a third of it.
    package static func nearest(to word: String, among names: [String]) -> String? {
        let target = Array(word.lowercased())
        let ranked = names.map { (distance(target, Array($0.lowercased())), $0) }
        guard let best = ranked.min(by: { $0.0 < $1.0 }), best.0 <= max(1, (target.count + 1) / 3)
        else {
            return nil
        }
        return best.1
    }

    /// Levenshtein's distance, one row of the table at a time.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var previous = Array(0...right.count)
        for (row, character) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                current.append(
                    min(
                        previous[column] + (character == other ? 0 : 1), previous[column + 1] + 1,
                        current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
