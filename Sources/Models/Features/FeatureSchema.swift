// SPDX-License-Identifier: Apache-2.0
package import JSON

/// The inputs of a model, in order.
///
/// Together they define a *row*: one `Double` for each feature, which is the number itself, or the
/// category's code, or NaN where the value is missing.
package struct FeatureSchema: Equatable, Sendable {
    package let features: [Feature]
    let names: StringTable
    /// How many features from each one on are numbers.
    let numberRuns: [Int]

    /// `nil` without features, or when two bear the same name.
    package init?(_ features: [Feature]) {
        guard !features.isEmpty, let names = StringTable(features.map(\.name)) else { return nil }
        self.features = features
        self.names = names
        var runs = [Int](repeating: 0, count: features.count + 1)
        for index in features.indices.reversed() where features[index].kind == .number {
            runs[index] = runs[index + 1] + 1
        }
        numberRuns = runs
    }

    package var count: Int { features.count }
}

/// `[{"name": "age", "type": "number"}, {"name": "sex", "type": "category", "values": […]}]`, with
/// `city_hashes` for `values` where only those are known.
extension FeatureSchema {
    package var json: JSONValue {
        .array(
            features.map { feature in
                switch feature.kind {
                case .number: ["name": .string(feature.name), "type": "number"]
                case .category(let dictionary):
                    .object(
                        [
                            .init(name: "name", value: .string(feature.name)),
                            .init(name: "type", value: "category"), dictionary.member,
                        ])
                }
            })
    }

    init(json: JSONValue) throws(ArtifactError) {
        guard let elements = json.array else { throw .invalidField("schema", "not an array") }
        var features: [Feature] = []
        for (index, element) in elements.enumerated() {
            let field = "schema[\(index)]"
            guard let name = element["name"]?.string else { throw .missingField("\(field).name") }
            switch element["type"]?.string {
            case "number": features.append(Feature(name: name, kind: .number))
            case "category":
                features.append(
                    Feature(name: name, kind: .category(try Self.dictionary(element, field))))
            default: throw .invalidField("\(field).type", "neither number nor category")
            }
        }
        guard let schema = FeatureSchema(features) else {
            throw .invalidField("schema", "no features, or a name occurs twice")
        }
        self = schema
    }

    private static func dictionary(
        _ element: JSONValue, _ field: String
    ) throws(ArtifactError) -> CategoryDictionary {
        if let numbers = element["city_hashes"]?.array {
            let hashes = numbers.compactMap { $0.integer.flatMap { Int32(exactly: $0) } }
            guard hashes.count == numbers.count,
                let dictionary = CategoryDictionary(cityHashes: hashes)
            else { throw .invalidField("\(field).city_hashes", "not distinct 32-bit numbers") }
            return dictionary
        }
        guard let values = element["values"]?.array else { throw .missingField("\(field).values") }
        let strings = values.compactMap(\.string)
        guard strings.count == values.count, let dictionary = CategoryDictionary(values: strings)
        else { throw .invalidField("\(field).values", "not distinct strings") }
        return dictionary
    }
}

extension CategoryDictionary {
    fileprivate var member: JSONValue.Member {
        if let cityHashes {
            return .init(name: "city_hashes", value: .array(cityHashes.map { .integer(Int($0)) }))
        }
        return .init(name: "values", value: .array(values.map { .string($0) }))
    }
}
