// SPDX-License-Identifier: Apache-2.0
import Importing
import Testing

struct ForeignFormatTests {
    @Test(arguments: [
        ("tree\nversion=v4\n", ForeignFormat.lightgbm), ("tree\r\nversion=v3\r\n", .lightgbm),
        (#"{"learner":{}}"#, .xgboost), (#" { "version" : [1, 7, 6], "learner" : 1"#, .xgboost),
        ("{L\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{7}learner{", .xgboost),
        (#"{"features_info":{"#, .catboost), (#"{"oblivious_trees":[]}"#, .catboost),
        ("\u{8}\u{8}\u{12}\u{8}skl2onnx", .onnx), ("", nil), ("tree", nil), ("trees\n", nil),
        ("{", nil), ("{}", nil), ("[1]", nil), (#"{"a":1}"#, nil), (#"{"a":}"#, nil),
        ("binf", nil),
    ])
    func isKnownByItsFirstBytes(_ text: String, _ format: ForeignFormat?) {
        #expect(ForeignFormat.detect(Array(text.utf8)) == format)
    }
}
