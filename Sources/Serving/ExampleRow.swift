// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// A row that a version answers, to show what one looks like.
///
/// It is nobody's: numbers are near the median of what training saw and categories the commonest,
/// each by itself, or where a version has no profile 0 and the first of its dictionary. The rows
/// that the version carries to prove itself by are somebody's, and are shown to nobody.
struct ExampleRow {
    /// In the order of the features.
    let values: [JSONValue]
    private let features: [Feature]

    init(of model: Model) {
        features = model.schema.features
        let profile = model.profile?.inputs.variables
        values = features.indices.map { index in
            Self.value(of: model.schema.features[index].kind, profile?[index])
        }
    }

    var named: JSONValue {
        .object(zip(features, values).map { .init(name: $0.name, value: $1) })
    }

    private static func value(of kind: Feature.Kind, _ profile: ProfiledVariable?) -> JSONValue {
        switch (kind, profile?.bins) {
        case (.number, .number(let edges, let range)?):
            let middle = edges.isEmpty ? range?.lowerBound : edges[edges.count / 2]
            return .number(middle ?? 0)
        case (.number, _): return .number(0)
        case (.category(let dictionary), let bins):
            var code = 0
            if case .category(let codes, _)? = bins, let counts = profile?.counts.bins,
                let commonest = codes.indices.max(by: { counts[$0] < counts[$1] })
            {
                code = codes[commonest]
            }
            let values = dictionary.values
            return values.indices.contains(code) ? .string(values[code]) : .null
        case (.text, _): return .string("some words")
        }
    }
}
