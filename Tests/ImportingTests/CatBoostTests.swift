// SPDX-License-Identifier: Apache-2.0
import Importing
import Models
import Testing

/// CatBoost's document, member by member.
struct CatBoostTests {
    static let text = """
        {"features_info":{"float_features":[{"feature_id":"x","feature_index":0,
        "flat_feature_index":1,"nan_value_treatment":"AsTrue","borders":[0.1]}],
        "categorical_features":[{"feature_id":"colour","feature_index":0,"flat_feature_index":0,
        "values":[-95388328]}]},
        "model_info":{"params":{"loss_function":{"type":"RMSE"}}},
        "oblivious_trees":[{"leaf_values":[1,2,4,8],"leaf_weights":[1,1,1,1],"splits":[
        {"border":0.10000000149011612,"float_feature_index":0,"split_type":"FloatFeature"},
        {"cat_feature_index":0,"value":-95388328,"split_type":"OneHotFeature"}]}],
        "scale_and_bias":[0.5,[100]]}
        """

    static let nested = """
        "trees":[{"split":{"border":0.1,"float_feature_index":0,"split_type":"FloatFeature"},
        "left":{"value":1,"weight":3},"right":{"split":{"cat_feature_index":0,"value":-95388328,
        "split_type":"OneHotFeature"},"left":{"value":2},"right":{"value":4,"weight":1}}}]
        """

    private func model(_ text: String) throws(ImportError) -> ImportedModel {
        try ForeignFormat.catboost.model(from: Array(text.utf8))
    }

    @Test func walksAsTheLibrary() throws {
        let imported = try model(Self.text)
        #expect(imported.schema.features.map(\.name) == ["colour", "x"])
        guard case .category(let dictionary) = imported.schema.features[0].kind else {
            Issue.record("no dictionary")
            return
        }
        // Only the values' hashes are in the file.
        #expect(dictionary.code(of: "nAy") == 0)
        #expect(dictionary.code(of: "nay") == 1)
        let border = Float(0.1)
        // As a float, all from half an ulp below the next float on is above the border.
        let above = Double(border.nextUp)
        let middle = (Double(border) + above) / 2
        let rows: [Double] = [
            1, Double(border), 1, middle.nextDown, 1, middle.nextUp, 1, .nan, 0, 0, 0, 1,
        ]
        #expect(try imported.margins(of: rows) == [100.5, 100.5, 101, 101, 102, 104])
    }

    @Test func walksTreesThatAreNotSymmetric() throws {
        let start = try #require(Self.text.firstRange(of: "\"oblivious_trees\""))
        let end = try #require(Self.text.firstRange(of: "\"scale_and_bias\""))
        let text = Self.text[..<start.lowerBound] + Self.nested + "," + Self.text[end.lowerBound...]
        let rows: [Double] = [1, 0, 1, 1, 0, 1, .nan, .nan]
        #expect(try model(String(text)).margins(of: rows) == [100.5, 101, 102, 101])
    }

    @Test(arguments: [
        ("\"RMSE\"", "\"Mystery\"", "not supported: loss function 'Mystery'"),
        ("\"RMSE\"", "\"MultiClass\"", "with 1 outputs and 1 classes"),
        ("\"OneHotFeature\"", "\"OnlineCtr\"", "not supported: CTR split in tree 0"),
        ("\"OneHotFeature\"", "\"Estimated\"", "split of type 'Estimated' in tree 0"),
        ("\"AsTrue\"", "\"AsMean\"", "nan_value_treatment 'AsMean'"),
        ("\"cat_feature_index\":0", "\"cat_feature_index\":1", "no such feature"),
        ("\"value\":-95388328", "\"value\":1", "a value that it has not"),
        ("\"float_feature_index\":0", "\"float_feature_index\":1", "no such feature"),
        ("[1,2,4,8]", "[1,2,4]", "leaf_values: 3 numbers where 4"),
        ("[1,1,1,1]", "[1,1,1,-1]", "tree 0: a leaf that is not finite"),
        ("\"flat_feature_index\":1", "\"flat_feature_index\":0", "two of one name or index"),
        (
            "\"feature_index\":0,\n\"flat_feature_index\":1",
            "\"feature_index\":1,\n\"flat_feature_index\":1", "not 0"
        ),
        ("[0.5,[100]]", "[0.5]", "scale_and_bias: not a scale and a bias"),
        ("[0.5,[100]]", "[0.5,[]]", "scale_and_bias[1]: no number, or too many"),
        ("[0.5,[100]]", "[0.5,[1e400]]", "the number does not fit"),
        (
            "\"categorical_features\":[", "\"text_features\":[{}],\"categorical_features\":[",
            "text_features of CatBoost"
        ),
    ])
    func refuses(_ old: String, _ new: String, _ words: String) {
        #expect(Self.text.contains(old))
        let error = #expect(throws: ImportError.self) {
            try model(Self.text.replacing(old, with: new))
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(String(describing: error))")
    }
}
