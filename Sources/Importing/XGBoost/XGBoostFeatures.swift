// SPDX-License-Identifier: Apache-2.0
import Models

/// No byte of a file stands for a feature without a name, so their number is bounded here.
private let unnamedCountMax = 1 << 16

extension FeatureSchema {
    /// The features of an XGBoost file: called `f0`, `f1`, … where it has no names.
    ///
    /// A categorical feature has a dictionary where the file has its values (`cats`, from 3.1 on).
    /// Where it does not, the feature stays a number whose truncated value is the category.
    ///
    /// - Parameter categories: `cats` of the booster.
    init(_ learner: DocumentField, count: Int, categories: DocumentField?) throws(ImportError) {
        var names: [String] = []
        if let field = try learner.optional("feature_names") { names = try field.strings() }
        if names.isEmpty {
            guard count <= unnamedCountMax else {
                throw .unsupported("\(count) features without names")
            }
            names = (0..<count).map { "f\($0)" }
        }
        guard names.count == count else {
            throw .malformed(
                field: "learner.feature_names", reason: "not num_feature (\(count)) names")
        }
        var kinds = [Feature.Kind](repeating: .number, count: count)
        if let encodings = try categories?.optional("enc")?.list(), !encodings.isEmpty {
            guard encodings.count == count else {
                throw .malformed(field: "cats.enc", reason: "not num_feature (\(count)) entries")
            }
            for (index, encoding) in encodings.enumerated() {
                if let dictionary = try CategoryDictionary(xgBoost: encoding) {
                    kinds[index] = .category(dictionary)
                }
            }
        }
        guard let schema = FeatureSchema(zip(names, kinds).map { Feature(name: $0, kind: $1) })
        else { throw .malformed(field: "learner.feature_names", reason: "a name occurs twice") }
        self = schema
    }
}

extension CategoryDictionary {
    /// One feature's values: the bytes of all texts with where each starts, or plain numbers. `nil`
    /// where there are none, as for a number.
    fileprivate init?(xgBoost encoding: DocumentField) throws(ImportError) {
        let values: [String]
        if let offsets = try encoding.optional("offsets") {
            let bytes = try encoding.member("values").integers(in: -128...255)
                .map { UInt8(truncatingIfNeeded: $0) }
            let starts = try offsets.integers(in: 0...bytes.count)
            values = try zip(starts, starts.dropFirst()).map { start, end throws(ImportError) in
                guard start <= end,
                    let text = String(validating: bytes[start..<end], as: UTF8.self)
                else { throw encoding.malformed("offsets that fall, or a text not in UTF-8") }
                return text
            }
        } else {
            values = try encoding.member("values").list().map { value throws(ImportError) in
                try value.categoryText()
            }
        }
        guard !values.isEmpty else { return nil }
        guard let dictionary = CategoryDictionary(values: values) else {
            throw encoding.malformed("a value occurs twice")
        }
        self = dictionary
    }
}
