// SPDX-License-Identifier: Apache-2.0

/// How much a row counts by its label; scikit-learn's `class_weight`.
package enum ClassWeight: String, CaseIterable, Sendable {
    /// `rows / (labels · rows of the label)`: each label counts the same in all.
    case balanced

    /// One weight for each label.
    package func weights(_ labels: [Int32], labelCount: Int) -> [Double] {
        var counts = [Int](repeating: 0, count: labelCount)
        for label in labels { counts[Int(label)] += 1 }
        return counts.map { $0 == 0 ? 0 : Double(labels.count) / Double(labelCount * $0) }
    }
}
