// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Training

struct SilhouetteTests {
    /// scikit-learn 1.7: `silhouette_score([[0], [1], [4], [5], [9]], [0, 0, 1, 1, 2])`; by hand,
    /// rows have (4.5 - 1)/4.5, (3.5 - 1)/3.5 and the same again, and the last 0.
    @Test func agreesWithItsDefinition() throws {
        let points = [[0.0], [1], [4], [5], [9]]
        let score = try #require(Silhouette.score(points, [0, 0, 1, 1, 2], clusterCount: 3))
        let terms = [3.5 / 4.5, 2.5 / 3.5, 2.5 / 3.5, (4 - 1) / 4.0, 0]
        #expect(abs(score - terms.reduce(0, +) / 5) < 1e-15)
    }

    @Test(arguments: [[0, 0, 0], [0, 1, 2]])
    func isUndefinedWithoutASecondCluster(clusters: [Int]) {
        #expect(Silhouette.score([[0], [1], [2]], clusters, clusterCount: 3) == nil)
    }
}
