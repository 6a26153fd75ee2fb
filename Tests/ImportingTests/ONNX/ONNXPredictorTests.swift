// SPDX-License-Identifier: Apache-2.0
import Models
import Testing

@testable import Importing

/// The operators of `ai.onnx.ml`; what is expected is what ONNX Runtime 1.31 answers.
struct ONNXPredictorTests {
    typealias Sample = ONNXSample
    typealias Constant = ONNXSample.Constant
    typealias Case = (Sample, [Double], [Double])

    private static func ml(
        _ operation: String, _ width: Int, _ attributes: [String: Sample.Attribute],
        element: Int32 = 1, constants: [Constant?] = []
    ) -> Sample {
        Sample(
            operation: operation, domain: "ai.onnx.ml", width: width, element: element,
            constants: constants, attributes: attributes)
    }

    private static func isClose(_ left: [Double], _ right: [Double]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) }
    }

    private static let encoders: [Case] = [
        (ml("Scaler", 2, ["offset": .floats([1]), "scale": .floats([2])]), [1, 2], [0, 2]),
        (
            ml(
                "Imputer", 2,
                [
                    "imputed_value_floats": .floats([9, 8]),
                    "replaced_value_float": .float(.nan),
                ]), [1, .nan], [1, 8]
        ),
        (ml("Imputer", 2, ["imputed_value_floats": .floats([9])]), [0, 3], [9, 3]),
        (
            ml(
                "Imputer", 2,
                [
                    "imputed_value_int64s": .integers([9]),
                    "replaced_value_int64": .integer(-1),
                ], element: 7), [-1, 3], [9, 3]
        ),
        (ml("Normalizer", 3, ["norm": .string("MAX")]), [-3, 1, 2], [-1.5, 0.5, 1]),
        (ml("Normalizer", 3, ["norm": .string("MAX")]), [-3, -1, -2], [3, 1, 2]),
        (ml("Normalizer", 2, ["norm": .string("L1")]), [-3, 1], [-0.75, 0.25]),
        (ml("Normalizer", 2, ["norm": .string("L2")]), [-3, 4], [-0.6, 0.8]),
        (ml("Normalizer", 2, ["norm": .string("L2")]), [0, 0], [0, 0]),
        (ml("Binarizer", 2, ["threshold": .float(0.5)]), [0.5, 0.6], [0, 1]),
        (ml("OneHotEncoder", 2, ["cats_int64s": .integers([1, 2])]), [1.7, 3], [1, 0, 0, 0]),
        (
            ml(
                "LabelEncoder", 3,
                [
                    "keys_floats": .floats([1, .nan]),
                    "values_floats": .floats([3, 4]), "default_float": .float(-1),
                ]),
            [1, 5, .nan], [3, -1, -1]
        ),
        (
            ml(
                "LabelEncoder", 2,
                ["keys_int64s": .integers([5]), "values_int64s": .integers([7])],
                element: 7), [5, 6], [7, -1]
        ),
        (
            ml(
                "ArrayFeatureExtractor", 3, [:],
                constants: [Constant(shape: [1, 2], integers: [2, 0])]), [1, 2, 3], [3, 1]
        ),
        (ml("FeatureVectorizer", 2, ["inputdimensions": .integers([2])]), [1, 2], [1, 2]),
        (ml("ZipMap", 2, ["classlabels_strings": .strings(["a", "b"])]), [1, 2], [1, 2]),
    ]

    @Test(arguments: encoders)
    func encodes(_ sample: Sample, _ row: [Double], _ expected: [Double]) throws {
        #expect(Self.isClose(try sample.values(row), expected))
    }

    private static func linear(
        _ coefficients: [Float], _ intercepts: [Float], _ labels: [Int], _ transform: String
    ) -> Sample {
        ml(
            "LinearClassifier", 2,
            [
                "coefficients": .floats(coefficients), "intercepts": .floats(intercepts),
                "classlabels_ints": .integers(labels), "post_transform": .string(transform),
            ])
    }

    /// The index of the label, then the scores.
    private static let linears: [Case] = [
        (linear([1, 2], [0.25], [4, 7], "NONE"), [0.3, 0.2], [1, 0.05, 0.95]),
        // A quarter is beyond 0, and below a half.
        (linear([1, 2], [0.25], [4, 7], "NONE"), [-1, 0.5], [1, 0.75, 0.25]),
        (linear([1, 2], [0.25], [4, 7], "SOFTMAX"), [0.3, 0.2], [1, 0.05, 0.95]),
        (linear([1, 2], [0.25], [4, 7], "LOGISTIC"), [0.3, 0.2], [1, 0.27888483, 0.72111517]),
        (
            linear([1, 2, 0.5, -1, 0, 3], [0.25, 0, 0], [4, 7, 9], "SOFTMAX"), [-1, 0.5],
            [2, 0.20934308, 0.05997779, 0.7306791]
        ),
        (
            linear([1, 2, 0.5, -1, 0, 3], [0.25, 0, 0], [4, 7, 9], "LOGISTIC"), [0.3, 0.2],
            [0, 0.72111523, 0.4875026, 0.6456563]
        ),
        (
            linear([1, 2, -1, -2], [0.25, -0.25], [4, 7], "LOGISTIC"), [0.3, 0.2],
            [0, 0.72111523, 0.2788848]
        ),
    ]

    @Test(arguments: linears)
    func classifiesByLines(_ sample: Sample, _ row: [Double], _ expected: [Double]) throws {
        let label = try ONNXImporter(sample.model).value("Y")?.classes
        #expect(label?.labels.first == "4")
        #expect(Self.isClose(try sample.values(row) + sample.values("Z", row), expected))
    }

    @Test func regressesByLines() throws {
        let sample = Self.ml(
            "LinearRegressor", 2,
            [
                "coefficients": .floats([1, 2, 3, 4]), "intercepts": .floats([0.5, 0]),
                "targets": .integer(2),
            ])
        #expect(try sample.values([1, 10]) == [21.5, 43])
    }

    /// One split of the first column at a half, or two trees that split at 0.5 and 1.5.
    private static func ensemble(
        _ kind: String, _ weights: [(node: Int, id: Int, value: Float)],
        _ attributes: [String: Sample.Attribute], mode: String = "BRANCH_LEQ", missing: Int = 0,
        treeCount: Int = 1
    ) -> Sample {
        var all = attributes
        let prefix = kind == "TreeEnsembleClassifier" ? "class" : "target"
        func each<Value>(_ values: [Value]) -> [Value] { (0..<treeCount).flatMap { _ in values } }
        all["nodes_treeids"] = .integers((0..<treeCount).flatMap { [$0, $0, $0] })
        all["nodes_nodeids"] = .integers(each([0, 1, 2]))
        all["nodes_featureids"] = .integers(each([0, 0, 0]))
        all["nodes_modes"] = .strings(each([mode, "LEAF", "LEAF"]))
        all["nodes_values"] = .floats((0..<treeCount).flatMap { [Float($0) + 0.5, 0, 0] })
        all["nodes_truenodeids"] = .integers(each([1, 0, 0]))
        all["nodes_falsenodeids"] = .integers(each([2, 0, 0]))
        all["nodes_missing_value_tracks_true"] = .integers(each([missing, 0, 0]))
        all["\(prefix)_treeids"] = .integers(
            (0..<treeCount).flatMap { tree in weights.map { _ in tree } })
        all["\(prefix)_nodeids"] = .integers(each(weights.map(\.node)))
        all["\(prefix)_ids"] = .integers(each(weights.map(\.id)))
        all["\(prefix)_weights"] = .floats(each(weights.map(\.value)))
        return ml(kind, 1, all)
    }

    private static func classifier(
        _ weights: [(node: Int, id: Int, value: Float)], _ labels: [Int], _ transform: String,
        base: [Float] = []
    ) -> Sample {
        ensemble(
            "TreeEnsembleClassifier", weights,
            [
                "classlabels_int64s": .integers(labels), "post_transform": .string(transform),
                "base_values": .floats(base),
            ])
    }

    private static let positive: [(node: Int, id: Int, value: Float)] = [(1, 0, 0.3), (2, 0, 0.8)]
    private static let mixed: [(node: Int, id: Int, value: Float)] = [(1, 0, -0.3), (2, 0, 0.8)]
    private static let three: [(node: Int, id: Int, value: Float)] = [
        (1, 0, 0.3), (1, 1, 0.7), (2, 2, 0.8), (2, 1, 0.2),
    ]

    /// For the rows 0 and 1, the index of the label and the scores.
    private static let forests: [Case] = [
        (classifier(positive, [4, 7], "NONE", base: [0.1]), [0], [0, 0.6, 0.4]),
        (classifier(positive, [4, 7], "NONE", base: [0.1]), [1], [1, 0.1, 0.9]),
        (classifier(positive, [4, 7], "NONE", base: [-0.4]), [0], [0, 1.1, -0.1]),
        (classifier(positive, [4, 7], "LOGISTIC", base: [0.1]), [0], [0, 0.40131235, 0.59868765]),
        (classifier(positive, [4, 7], "SOFTMAX", base: [0.1]), [1], [1, 0.1, 0.9]),
        (classifier(mixed, [4, 7], "NONE"), [0], [0, 0.3, -0.3]),
        (classifier(mixed, [4, 7], "LOGISTIC"), [0], [0, 0.5744425, 0.4255575]),
        (classifier(mixed, [4, 7], "LOGISTIC", base: [0.5]), [0], [1, 0.45016605, 0.54983395]),
        (classifier(three, [4, 7, 9], "NONE", base: [0, 0.1, 0]), [0], [1, 0.3, 0.8, 0]),
        (
            classifier(three, [4, 7, 9], "SOFTMAX", base: [0, 0.1, 0]), [1],
            [2, 0.21856014, 0.29502535, 0.48641455]
        ),
        (
            classifier(three, [4, 7, 9], "LOGISTIC", base: [0, 0.1, 0]), [1],
            [2, 0.5, 0.5744425, 0.68997448]
        ),
    ]

    @Test(arguments: forests)
    func classifiesByTrees(_ sample: Sample, _ row: [Double], _ expected: [Double]) throws {
        #expect(Self.isClose(try sample.values(row) + sample.values("Z", row), expected))
    }

    /// What 0.5, 0.25, 0.75 and NaN give: 1 where the comparison with 0.5 holds, else 2.
    @Test(arguments: [
        ("BRANCH_LEQ", 0, [1.0, 1, 2, 2]), ("BRANCH_LEQ", 1, [1, 1, 2, 1]),
        ("BRANCH_LT", 0, [2, 1, 2, 2]), ("BRANCH_LT", 1, [2, 1, 2, 1]),
        ("BRANCH_GTE", 0, [1, 2, 1, 2]), ("BRANCH_GTE", 1, [1, 2, 1, 1]),
        ("BRANCH_GT", 0, [2, 2, 1, 2]), ("BRANCH_GT", 1, [2, 2, 1, 1]),
    ])
    func comparesAsTheModeSays(_ mode: String, _ missing: Int, _ expected: [Double]) throws {
        let sample = Self.ensemble(
            "TreeEnsembleRegressor", [(1, 0, 1), (2, 0, 2)], ["n_targets": .integer(1)],
            mode: mode, missing: missing)
        let values = try [0.5, 0.25, 0.75, .nan].flatMap { try sample.values([$0]) }
        #expect(values == expected)
    }

    /// For the rows 0, 1 and 2; two trees of leaves 1 and -2, and a base of 10.
    @Test(arguments: [
        ("SUM", [12.0, 9, 6]), ("AVERAGE", [11, 9.5, 8]), ("MIN", [11, 8, 8]),
        ("MAX", [11, 11, 8]),
    ])
    func aggregates(_ function: String, _ expected: [Double]) throws {
        let sample = Self.ensemble(
            "TreeEnsembleRegressor", [(1, 0, 1), (2, 0, -2)],
            [
                "n_targets": .integer(1), "aggregate_function": .string(function),
                "base_values": .floats([10]),
            ], treeCount: 2)
        #expect(try [0.0, 1, 2].flatMap { try sample.values([$0]) } == expected)
    }

    /// What would not be answered as it is meant, by its name.
    @Test(arguments: [
        (classifier(three, [4, 7], "NONE"), "two labels with weights of their own"),
        (classifier(positive, [4, 7], "PROBIT"), "post_transform PROBIT"),
        (
            ensemble("TreeEnsembleRegressor", positive, [:], mode: "BRANCH_EQ"), "mode BRANCH_EQ"
        ),
        (
            ensemble("TreeEnsembleRegressor", positive, ["post_transform": .string("LOGISTIC")]),
            "post_transform"
        ),
        (
            ensemble("TreeEnsembleRegressor", positive, ["aggregate_function": .string("ODD")]),
            "aggregate_function ODD"
        ),
        (ml("Normalizer", 2, ["norm": .string("L3")]), "norm L3"),
        (
            ml("Scaler", 1, ["offset": .floats([1]), "scale": .floats([1]), "new": .float(1)]),
            "attribute new"
        ),
    ])
    func refusesByName(_ sample: Sample, _ what: String) {
        #expect(
            throws: ImportError.unsupported("\(what) of operator \(sample.operation) at node 0")
        ) { try ONNXImporter(sample.model) }
    }

    @Test func refusesAnOperatorByName() {
        for sample in [Self.ml("SVMClassifier", 1, [:]), Sample(operation: "LSTM", width: 1)] {
            #expect(
                throws: ImportError.unsupported("operator \(sample.operation) at node 0")
            ) { try ONNXImporter(sample.model) }
        }
    }

    /// Lists that disagree, trees that are none, features and weights that are not there.
    @Test(arguments: [
        ("nodes_treeids", Sample.Attribute.integers([0, 0])),
        ("nodes_nodeids", .integers([0, 1, 1])), ("nodes_truenodeids", .integers([0, 0, 0])),
        ("nodes_falsenodeids", .integers([1, 0, 0])), ("nodes_truenodeids", .integers([9, 0, 0])),
        ("nodes_featureids", .integers([1, 0, 0])), ("nodes_featureids", .integers([-1, 0, 0])),
        ("target_nodeids", .integers([0, 2])), ("target_ids", .integers([0, 7])),
        ("target_ids", .integers([-1, 0])), ("target_weights", .floats([.infinity, 0])),
        ("n_targets", .integer(0)), ("n_targets", .integer(.max)),
        ("base_values", .floats([1, 2, 3])), ("nodes_values", .integers([1, 2, 3])),
    ])
    func refusesWhatIsNoEnsemble(_ name: String, _ value: Sample.Attribute) {
        var sample = Self.ensemble(
            "TreeEnsembleRegressor", Self.positive, ["n_targets": .integer(2)])
        sample.attributes[name] = value
        #expect(throws: ImportError.self) { try ONNXImporter(sample.model) }
    }
}
