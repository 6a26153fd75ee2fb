// SPDX-License-Identifier: Apache-2.0
import Models

extension FeatureSchema {
    /// The features of a LightGBM file.
    ///
    /// A feature is a category where the file has its values (`pandas_categorical`). Where it does
    /// not, a categorical feature stays a number whose truncated value is the category, as for
    /// LightGBM itself.
    init(_ file: LightGBMFile) throws(ImportError) {
        let header = file.header
        let last = try header.integer("max_feature_idx", in: 0...0x7FFF_FFFE)
        let names = try header.words("feature_names")
        guard names.count == last + 1 else {
            throw header.malformed("feature_names", "not max_feature_idx + 1 names")
        }
        var kinds = [Feature.Kind](repeating: .number, count: names.count)
        for (feature, dictionary) in try Self.dictionaries(file, names) {
            kinds[feature] = .category(dictionary)
        }
        guard let schema = FeatureSchema(zip(names, kinds).map { Feature(name: $0, kind: $1) })
        else { throw header.malformed("feature_names", "a name occurs twice") }
        self = schema
    }

    private static func dictionaries(
        _ file: LightGBMFile, _ names: [String]
    ) throws(ImportError) -> [(feature: Int, dictionary: CategoryDictionary)] {
        guard !file.pandasCategories.isEmpty else { return [] }
        let largestCodes = try largestCodes(file.header, count: names.count)
        let listed = (file.categoricalFeatures ?? []).sorted()
        let seen = largestCodes.keys.sorted()
        let count = file.pandasCategories.count
        // Ordered categories are numbers to LightGBM, and the file does not tell which columns.
        guard let features = [listed, seen].first(where: { $0.count == count }) else {
            throw .unsupported(
                "\(count) lists of pandas categories for \(seen.count) categorical features")
        }
        var dictionaries: [(feature: Int, dictionary: CategoryDictionary)] = []
        for (feature, values) in zip(features, file.pandasCategories) {
            let field = "pandas_categorical[\(dictionaries.count)]"
            guard feature >= 0, feature < names.count else {
                throw .malformed(field: "categorical_feature", reason: "no feature \(feature)")
            }
            guard largestCodes[feature, default: -1] < values.count else {
                throw .malformed(
                    field: field, reason: "too few values for feature '\(names[feature])'")
            }
            guard let dictionary = CategoryDictionary(values: values) else {
                throw .malformed(field: field, reason: "a value occurs twice")
            }
            dictionaries.append((feature, dictionary))
        }
        return dictionaries
    }

    /// By `feature_infos`: `none` for a feature without use, `[0:1]` for a number, `-1:2:0` for
    /// categories in the order of their counts.
    private static func largestCodes(
        _ header: LightGBMBlock, count: Int
    ) throws(ImportError) -> [Int: Int] {
        let key = "feature_infos"
        let infos = try header.words(key)
        guard infos.count == count else {
            throw header.malformed(key, "not max_feature_idx + 1 entries")
        }
        var codes: [Int: Int] = [:]
        for (feature, info) in infos.enumerated() where info != "none" && !info.hasPrefix("[") {
            var largest = -1
            for word in info.split(separator: ":") {
                guard let code = Int(word) else { throw header.malformed(key, "'\(word)'") }
                largest = max(largest, code)
            }
            codes[feature] = largest
        }
        return codes
    }
}
