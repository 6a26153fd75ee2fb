// SPDX-License-Identifier: Apache-2.0

/// Which rows a model learns from and which it is judged by; both ascending.
package struct DatasetSplit: Equatable, Sendable {
    package let train: [Int]
    package let test: [Int]

    init(train: [Int], test: [Int]) {
        self.train = train
        self.test = test
    }

    /// Draws `fraction` of the rows of each stratum, rounded to the nearest count, for the test;
    /// a stratum always keeps a row for training.
    ///
    /// A row's draw depends on the seed and its number alone.
    ///
    /// - Parameter strata: a stratum for each row, from 0 on without large gaps.
    package init(strata: [Int32], fraction: Double, seed: UInt64) {
        let stratumCount = Int(strata.max() ?? 0) + 1
        var rows = [[Int]](repeating: [], count: stratumCount)
        for (row, stratum) in strata.enumerated() { rows[Int(stratum)].append(row) }
        var isTest = [Bool](repeating: false, count: strata.count)
        for members in rows where !members.isEmpty {
            let share = (Double(members.count) * fraction).rounded()
            let count = min(Int(share), members.count - 1)
            let drawn = members.map { (SplitMix64.value(seed: seed, index: $0), $0) }.sorted(by: <)
            for (_, row) in drawn.prefix(count) { isTest[row] = true }
        }
        train = isTest.indices.filter { !isTest[$0] }
        test = isTest.indices.filter { isTest[$0] }
    }
}
