// SPDX-License-Identifier: Apache-2.0
import Importing
import Models
import Testing

/// XGBoost's document, member by member.
struct XGBoostTests {
    static let text = """
        {"learner":{"attributes":{},"feature_names":["x","colour"],"feature_types":["float","c"],
        "gradient_booster":{"model":{
        "cats":{"enc":[{"offsets":[],"values":[]},{"offsets":[0,1,3],"values":[97,195,169]}]},
        "gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1"},"tree_info":[0],
        "trees":[{"left_children":[1,-1,3,-1,-1],"right_children":[2,-1,4,-1,-1],
        "split_indices":[0,0,1,0,0],"split_conditions":[1.5E0,-1E0,NaN,2E0,4E0],
        "default_left":[1,0,0,0,0],"sum_hessian":[9E0,4E0,5E0,2E0,3E0],"split_type":[0,0,1,0,0],
        "categories":[1],"categories_nodes":[2],"categories_segments":[0],"categories_sizes":[1],
        "tree_param":{"num_nodes":"5","size_leaf_vector":"1"}}]},"name":"gbtree"},
        "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2",
        "num_target":"1"},"objective":{"name":"reg:squarederror"}},"version":[3,2,0]}
        """

    private func model(_ text: String) throws(ImportError) -> ImportedModel {
        try ForeignFormat.xgboost.model(from: Array(text.utf8))
    }

    @Test func walksAsTheLibrary() throws {
        let imported = try model(Self.text)
        // Below 1.5 as a float, and missing, goes left; listed code 1 goes right, missing as well.
        let below = Double(Float(1.5).nextDown)
        let rows: [Double] = [
            below, 0, 1.5.nextDown, 0, 1.5, 0, 1.5, 1, 1.5, 2, 1.5, .nan, .nan, 0,
        ]
        #expect(try imported.margins(of: rows) == [-0.5, 2.5, 2.5, 4.5, 2.5, 4.5, -0.5])
        guard case .category(let dictionary) = imported.schema.features[1].kind else {
            Issue.record("no dictionary")
            return
        }
        #expect(dictionary.values == ["a", "é"])
    }

    /// Versions write it in three ways, and it is a prediction, not a margin.
    @Test(arguments: [
        ("reg:squarederror", "5E-1", Float(0.5)), ("reg:squarederror", "[5E-1]", 0.5),
        ("binary:logistic", "5E-1", 0), ("binary:logistic", "[2.5E-1]", -1.0986123),
        ("binary:logistic", "0", -13.815510), ("count:poisson", "1E0", 0),
        ("reg:gamma", "[2E0]", 0.6931472), ("binary:hinge", "2E-1", 0.2),
    ])
    func startsFromTheBaseScore(_ objective: String, _ score: String, _ margin: Float) throws {
        let text = Self.text.replacing("reg:squarederror", with: objective)
            .replacing("\"5E-1\"", with: "\"\(score)\"")
        let found = try model(text).margins(of: [0, 0])
        #expect(abs(Float(found[0]) - (margin - 1)) < 2e-5)
    }

    @Test(arguments: [
        ("\"name\":\"gbtree\"", "\"name\":\"gbforest\"", "not supported: booster 'gbforest'"),
        ("reg:squarederror", "reg:mystery", "not supported: objective 'reg:mystery'"),
        ("\"num_target\":\"1\"", "\"num_target\":\"2\"", "not supported: 2 targets"),
        ("\"num_class\":\"0\"", "\"num_class\":\"3\"", "'reg:squarederror' with 3 outputs"),
        ("size_leaf_vector\":\"1\"", "size_leaf_vector\":\"3\"", "vector leaves in tree 0"),
        ("\"5E-1\"", "\"half\"", "base_score: 'half' is no number"),
        ("\"5E-1\"", "\"[1,2]\"", "base_score: not one number, nor one an output"),
        ("\"5E-1\"", "\"inf\"", "base_score: 'inf' is no number"),
        ("\"num_feature\":\"2\"", "\"num_feature\":\"-1\"", "num_feature: not a whole number"),
        ("\"num_feature\":\"2\"", "\"num_feature\":\"3\"", "not num_feature (3) names"),
        ("\"num_nodes\":\"5\"", "\"num_nodes\":\"6\"", "left_children: 5 numbers where 6"),
        ("\"num_nodes\":\"5\"", "\"num_nodes\":\"2147483648\"", "num_nodes: not a whole number"),
        ("[1,-1,3,-1,-1]", "[0,-1,3,-1,-1]", "tree 0: node 0 has two parents"),
        ("[1,-1,3,-1,-1]", "[1,-1,1,-1,-1]", "tree 0: node 1 has two parents"),
        ("[1,-1,3,-1,-1]", "[1,-1,5,-1,-1]", "left_children[2]: not a whole number"),
        ("[2,-1,4,-1,-1]", "[-1,-1,4,-1,-1]", "tree 0: there is no node -1"),
        ("[0,0,1,0,0]", "[7,0,1,0,0]", "tree 0: node 0: no such feature"),
        ("[0,0,1,0,0],\"split_c", "[1,0,1,0,0],\"split_c", "a condition on category 'colour'"),
        ("2E0,4E0]", "2E0,4E38]", "a leaf that is not finite"),
        ("\"tree_info\":[0]", "\"tree_info\":[1]", "tree_info[0]: not a whole number"),
        ("\"tree_info\":[0]", "\"tree_info\":[0,0]", "tree_info"),
        ("\"categories_nodes\":[2]", "\"categories_nodes\":[5]", "categories_nodes[0]"),
        ("\"categories_nodes\":[2]", "\"categories_nodes\":[]", "node 2: no list of categories"),
        ("\"categories_sizes\":[1]", "\"categories_sizes\":[2]", "categories_sizes[0]"),
        ("\"categories\":[1]", "\"categories\":[-1]", "categories[0]: not a whole number"),
        ("\"offsets\":[0,1,3]", "\"offsets\":[0,2,3]", "a text not in UTF-8"),
        ("\"offsets\":[0,1,3]", "\"offsets\":[0,1,4]", "offsets[2]: not a whole number"),
        ("\"offsets\":[0,1,3]", "\"offsets\":[0,3,1]", "offsets that fall"),
    ])
    func refuses(_ old: String, _ new: String, _ words: String) {
        #expect(Self.text.contains(old))
        let error = #expect(throws: ImportError.self) {
            try model(Self.text.replacing(old, with: new))
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(String(describing: error))")
    }

    /// A code of 2^24 takes 2 MB of bits, and every node may have one.
    @Test func refusesCategoriesThatTakeTooMuchRoom() {
        let count = 64
        let depth = (0..<count).map { $0 }
        let left = depth.map { $0 + 1 } + [-1] + depth.map { _ in -1 }
        let right = depth.map { count + 1 + $0 } + [-1] + depth.map { _ in -1 }
        let zeros = [Int](repeating: 0, count: 2 * count + 1)
        let tree = """
            {"left_children":\(left),"right_children":\(right),"split_indices":\(zeros),
            "split_conditions":\(zeros),"default_left":\(zeros),"sum_hessian":\(zeros),
            "split_type":\(depth.map { _ in 1 } + [Int](repeating: 0, count: count + 1)),
            "categories":\(depth.map { _ in 1 << 24 }),"categories_nodes":\(depth),
            "categories_segments":\(depth),"categories_sizes":\(depth.map { _ in 1 }),
            "tree_param":{"num_nodes":"\(2 * count + 1)","size_leaf_vector":"1"}}
            """
        let start = Self.text.firstRange(of: "\"trees\":[")
        let end = Self.text.firstRange(of: "]},\"name\":\"gbtree\"")
        guard let start, let end else {
            Issue.record("the text has changed")
            return
        }
        let text = Self.text[..<start.upperBound] + tree + Self.text[end.lowerBound...]
        #expect(
            throws: ImportError.unsupported(
                "sets of categories of more than 64 MB, reached in tree 0")
        ) {
            try model(String(text))
        }
    }
}
