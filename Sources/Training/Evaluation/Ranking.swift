// SPDX-License-Identifier: Apache-2.0

/// Scores of two classes, ordered: what the areas under ROC and precision-recall curves need.
struct Ranking {
    private struct Group {
        var positives = 0
        var negatives = 0
    }

    /// Rows of equal score, highest score first.
    private var groups: [Group] = []
    private var positiveCount = 0
    private var negativeCount = 0

    init(scores: [Double], isPositive: [Bool]) {
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var previous = Double.nan
        for row in order {
            if scores[row] != previous { groups.append(Group()) }
            previous = scores[row]
            if isPositive[row] {
                groups[groups.count - 1].positives += 1
                positiveCount += 1
            } else {
                groups[groups.count - 1].negatives += 1
                negativeCount += 1
            }
        }
    }

    /// The chance that a positive scores above a negative, ties counting half; `nil` when one of
    /// the classes is absent.
    var rocAUC: Double? {
        guard positiveCount > 0, negativeCount > 0 else { return nil }
        var negativesBelow = negativeCount
        // Twice the number of pairs in order: an integer, so that nothing is rounded until the end.
        var doubled = 0.0
        for group in groups {
            negativesBelow -= group.negatives
            doubled += Double(group.positives) * Double(2 * negativesBelow + group.negatives)
        }
        return doubled / 2 / Double(positiveCount) / Double(negativeCount)
    }

    /// `Σ (R_k - R_{k-1}) P_k` over distinct scores, without interpolation; `nil` where there are
    /// no positives.
    var averagePrecision: Double? {
        guard positiveCount > 0 else { return nil }
        var (hits, chosen, sum) = (0, 0, 0.0)
        for group in groups {
            hits += group.positives
            chosen += group.positives + group.negatives
            sum += Double(group.positives) * (Double(hits) / Double(chosen))
        }
        return sum / Double(positiveCount)
    }
}
