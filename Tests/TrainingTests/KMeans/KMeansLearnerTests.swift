// SPDX-License-Identifier: Apache-2.0
import Models
import Testing
import Training

struct KMeansLearnerTests {
    /// Three clouds at the corners of a triangle, a category that goes with them, some gaps.
    private static func data(rowCount: Int = 300) throws -> Dataset {
        var generator = SplitMix64(seed: 3)
        let corners = [(0.0, 0.0), (10, 0), (5, 9)]
        var rows: [Double] = []
        for row in 0..<rowCount {
            let corner = corners[row % 3]
            rows.append(corner.0 + Double.random(in: -1...1, using: &generator))
            rows.append(
                row % 17 == 0 ? .nan : corner.1 + Double.random(in: -1...1, using: &generator))
            rows.append(row % 23 == 0 ? .nan : Double(row % 3))
        }
        let dictionary = try #require(CategoryDictionary(values: ["a", "b"]))
        let schema = try #require(
            FeatureSchema([
                Feature(name: "x", kind: .number), Feature(name: "y", kind: .number),
                Feature(name: "c", kind: .category(dictionary)),
            ]))
        return Dataset(schema: schema, rows: rows, target: .unlabelled(rowCount))
    }

    private static func learn(
        _ data: Dataset, _ count: Int, _ change: (inout KMeansLearner) -> Void = { _ in }
    ) throws -> (model: KMeansModel, learnt: Learnt) {
        var learner = KMeansLearner(clusterCount: count)
        change(&learner)
        let output = try #require(Output(.clusters(count)))
        let learnt = try learner.learn(data, output: output)
        guard case .kMeans(let model) = learnt.kind else {
            throw TrainingError.inconsistent("kind")
        }
        return (model, learnt)
    }

    private static func clusters(_ model: KMeansModel, _ data: Dataset) -> [Int] {
        var margins: [Double] = []
        model.appendMargins(of: data.rows.span, to: &margins)
        return (0..<data.count).map { row in
            (0..<model.clusterCount).max {
                margins[row * model.clusterCount + $0] < margins[row * model.clusterCount + $1]
            } ?? 0
        }
    }

    @Test func findsTheClouds() throws {
        let data = try Self.data()
        let (model, _) = try Self.learn(data, 3)
        let clusters = Self.clusters(model, data)
        for row in 3..<data.count { #expect(clusters[row] == clusters[row % 3]) }
        #expect(Set(clusters).count == 3)
    }

    /// Lloyd's fixed point: each centre is the mean of its rows' points, to the tolerance.
    @Test func endsWhereCentresAreMeans() throws {
        let data = try Self.data()
        let (model, learnt) = try Self.learn(data, 5) { $0.tolerance = 0 }
        let clusters = Self.clusters(model, data)
        let span = data.rows.span
        let width = model.encoding.columnCount
        var inertia = 0.0
        for cluster in 0..<5 {
            let points = clusters.indices.filter { clusters[$0] == cluster }
                .map { model.encoding.point(of: span, at: $0 * 3) }
            try #require(!points.isEmpty)
            for column in 0..<width {
                let mean = points.reduce(0) { $0 + $1[column] } / Double(points.count)
                let centre = model.centres[cluster * width + column]
                #expect(abs(mean - centre) < 1e-12)
                inertia += points.reduce(0) {
                    $0 + ($1[column] - centre) * ($1[column] - centre)
                }
            }
        }
        #expect(abs(inertia - learnt.objective) < 1e-9 * inertia)
    }

    @Test func drawsBySeedAlone() throws {
        let data = try Self.data(rowCount: 3000)
        let one = try Self.learn(data, 7) { $0.startCount = 2 }
        let again = try Self.learn(data, 7) { $0.startCount = 2 }
        let other = try Self.learn(data, 7) { ($0.startCount, $0.seed) = (2, 9) }
        #expect(one.model == again.model)
        #expect(one.model != other.model)
        let more = try Self.learn(data, 7) { $0.startCount = 5 }
        #expect(more.learnt.objective <= one.learnt.objective)
    }

    @Test func givesEveryRowACentreOfItsOwn() throws {
        let data = try Self.data(rowCount: 9)
        let (_, learnt) = try Self.learn(data, 9)
        #expect(learnt.objective < 1e-20)
    }

    @Test func refusesMoreClustersThanRows() throws {
        let data = try Self.data(rowCount: 4)
        #expect(throws: TrainingError.self) { try Self.learn(data, 5) }
    }

    /// Rows missing everything are all one point: clusters stay empty and are moved.
    @Test func survivesEqualRows() throws {
        let data = try Self.data(rowCount: 60)
        let equal = Dataset(
            schema: data.schema, rows: [Double](repeating: .nan, count: 60 * 3),
            target: .unlabelled(60))
        let (_, learnt) = try Self.learn(equal, 4)
        #expect(learnt.objective == 0)
    }

    @Test func writesAnArtifactThatProvesItself() throws {
        let file = SourceFile(
            name: "synthetic.csv",
            bytes: SyntheticTable(rowCount: 2000, featureCount: 3, seed: 4).text)
        let settings = PreparationSettings(
            target: nil, task: .unsupervised(try #require(Output(.clusters(4)))))
        let data = try Preparation(Table(file), testTable: nil, settings: settings)
        let trained = try TrainedModel(
            data, learner: KMeansLearner(clusterCount: 4), settings: [])
        try Model(artifact: trained.model.artifact).verifyGoldenRows()
        #expect(trained.train.metrics.map(\.name).contains("silhouette"))
        let inertia = try #require(trained.train["inertia"])
        #expect(abs(inertia - trained.objective) < 1e-9 * inertia)
        let silhouette = try #require(trained.test["silhouette"])
        #expect(silhouette > 0.1 && silhouette < 1)
    }
}
