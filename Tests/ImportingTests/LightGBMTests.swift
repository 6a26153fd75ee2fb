// SPDX-License-Identifier: Apache-2.0
import Importing
import Models
import Testing

/// LightGBM's text, line by line.
struct LightGBMTests {
    static let header = """
        tree
        version=v4
        num_class=1
        num_tree_per_iteration=1
        label_index=0
        max_feature_idx=1
        objective=regression
        feature_names=x colour
        feature_infos=[0:9] 0:1:2
        tree_sizes=100

        """
    static let tree = """

        Tree=0
        num_leaves=3
        num_cat=1
        split_feature=0 1
        threshold=1.5 0
        decision_type=10 1
        left_child=1 -1
        right_child=-2 -3
        leaf_value=1 2 4
        leaf_count=5 6 7
        internal_count=18 12
        cat_boundaries=0 1
        cat_threshold=5
        shrinkage=1

        """
    static let end = "\nend of trees\n\nparameters:\n[a: b]\n\nend of parameters\n"
    static let categories = "\npandas_categorical:[[\"amber\", \"blue\", \"cyan\"]]\n"

    private func model(_ text: String) throws(ImportError) -> ImportedModel {
        try ForeignFormat.lightgbm.model(from: Array(text.utf8))
    }

    @Test func walksAsTheLibrary() throws {
        let imported = try model(Self.header + Self.tree + Self.end + Self.categories)
        // Set 5 lists codes 0 and 2. Missing goes left at x, right at colour.
        let rows: [Double] = [
            1.5, 0, 1.5, 1, 1.5, 2, 1.5, 3, 1.5, .nan, .nan, 0, 1.5.nextUp, 0, .infinity, 0,
        ]
        #expect(try imported.margins(of: rows) == [1, 4, 1, 4, 4, 1, 2, 2])
        guard case .category(let dictionary) = imported.schema.features[1].kind else {
            Issue.record("no dictionary")
            return
        }
        #expect(dictionary.values == ["amber", "blue", "cyan"])
    }

    @Test func keepsCodesAsNumbersWithoutTheirValues() throws {
        let imported = try model(Self.header + Self.tree + Self.end + "pandas_categorical:null\n")
        #expect(imported.schema.features.allSatisfy { $0.kind == .number })
        let rows: [Double] = [0, 0.9, 0, 2.5, 0, -0.5, 0, -1, 0, 1e300, 0, -.infinity]
        #expect(try imported.margins(of: rows) == [1, 1, 1, 4, 4, 4])
    }

    /// The library reads what is as near to zero as that as zero, whose bin ends there.
    @Test func takesTinyValuesForZero() throws {
        let bound = Double(Float(1e-35))
        let text = Self.header + Self.tree + Self.end
        let rows: [Double] = [-bound, 1, bound, 1, (-bound).nextDown, 1, bound.nextUp, 1, 0, 1]
        let below = try model(
            text.replacing("threshold=1.5", with: "threshold=-1.0000000180025095e-35"))
        #expect(try below.margins(of: rows) == [2, 2, 4, 2, 2])
        let above = try model(
            text.replacing("threshold=1.5", with: "threshold=1.0000000180025095e-35"))
        #expect(try above.margins(of: rows) == [4, 4, 4, 2, 4])
    }

    /// A split between all values and none has an infinite threshold.
    @Test(arguments: [("inf", [1, 1, 1, 2]), ("-inf", [2, 2, 1, 2])] as [(String, [Double])])
    func readsInfiniteThresholds(_ threshold: String, _ expected: [Double]) throws {
        let text = (Self.header + Self.tree + Self.end)
            .replacing("threshold=1.5", with: "threshold=\(threshold)")
            .replacing("decision_type=10", with: "decision_type=8")
        let rows: [Double] = [5, 0, .infinity, 0, -.infinity, 0, .nan, 0]
        #expect(try model(text).margins(of: rows) == expected)
    }

    @Test func readsLinesOfAnyEnd() throws {
        let text = Self.header + Self.tree + Self.end + Self.categories
        #expect(try model(text.replacing("\n", with: "\r\n")) == model(text))
    }

    @Test(arguments: [
        ("tree\n", "forest\n", "line 1: not 'tree'"),
        ("version=v4", "version=v5", "not supported: version 'v5'"),
        ("objective=regression", "objective=mystery", "not supported: objective 'mystery'"),
        ("objective=regression", "objective=multiclass num_class:3", "with 1 trees for each"),
        ("objective=regression", "objective=binary sigmoid:-1", "objective: 'sigmoid:-1'"),
        ("max_feature_idx=1", "max_feature_idx=9223372036854775807", "max_feature_idx"),
        ("max_feature_idx=1", "max_feature_idx=2", "not max_feature_idx + 1 names"),
        ("feature_names=x colour", "feature_names=x x", "a name occurs twice"),
        ("Tree=0", "Tree=1", "tree 0 is expected here"),
        ("num_leaves=3", "num_leaves=4", "tree 0 leaf_value: 3 numbers where 4 are expected"),
        ("num_leaves=3", "num_leaves=1000000000", "tree 0 leaf_value: 3 numbers where 1000000000"),
        ("num_leaves=3", "num_leaves=0", "tree 0 num_leaves"),
        ("num_leaves=3", "num_leaves=3\nnum_leaves=3", "tree 0 num_leaves: occurs twice"),
        ("split_feature=0 1", "split_feature=0 2", "tree 0 split_feature: not whole numbers"),
        ("threshold=1.5 0", "threshold=1.5 1", "threshold: number 2 is no set of categories"),
        ("threshold=1.5 0", "threshold=nan 0", "threshold: number 1"),
        ("threshold=1.5 0", "threshold=1.5 inf", "threshold: number 2 is no set of categories"),
        ("threshold=1.5 0", "threshold=1.5-0", "threshold: number 1"),
        ("decision_type=10 1", "decision_type=12 1", "tree 0 decision_type: not whole numbers"),
        ("decision_type=10 1", "decision_type=10 2", "a threshold for category 'colour'"),
        ("left_child=1 -1", "left_child=0 -1", "tree 0: node 0 has two parents"),
        ("left_child=1 -1", "left_child=-3 -1", "tree 0: node 1 has no parent"),
        ("left_child=1 -1", "left_child=2 -1", "tree 0 left_child: not whole numbers"),
        ("leaf_value=1 2 4", "leaf_value=1 2 inf", "tree 0 leaf_value: number 3"),
        ("leaf_count=5 6 7", "leaf_count=5 6 -7", "tree 0: a leaf that is not finite"),
        ("cat_boundaries=0 1", "cat_boundaries=1 0", "is no set of categories"),
        ("cat_boundaries=0 1", "cat_boundaries=0 2", "tree 0 cat_boundaries: not whole numbers"),
        ("shrinkage=1", "is_linear=1", "not supported: linear leaves in tree 0"),
        ("end of trees", "", "the file ends inside tree 0"),
        ("end of parameters", "", "the file ends inside the parameters"),
        (", \"cyan\"]]", "]]", "pandas_categorical[0]: too few values for feature 'colour'"),
        ("\"cyan\"]]", "\"blue\"]]", "pandas_categorical[0]: a value occurs twice"),
        ("\"cyan\"]]", "\"cyan\"], [\"a\"]]", "2 lists of pandas categories for 1 categorical"),
        ("\"cyan\"]]", "\"cyan\"", "the text ends inside a value"),
        ("[[\"amber\"", "[[[1]", "pandas_categorical[0][0]: neither a text nor a number"),
    ])
    func refuses(_ old: String, _ new: String, _ words: String) {
        let text = (Self.header + Self.tree + Self.end + Self.categories)
        #expect(text.contains(old))
        let error = #expect(throws: ImportError.self) {
            try model(text.replacing(old, with: new))
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(String(describing: error))")
    }

    /// Every prefix is an error; what follows the parameters may be missing.
    @Test func refusesEveryCut() {
        let text = Array((Self.header + Self.tree + Self.end).utf8)
        let needed = text.count - 1
        for count in 0..<needed {
            #expect(throws: ImportError.self) {
                try ForeignFormat.lightgbm.model(from: Array(text.prefix(count)))
            }
        }
    }
}
