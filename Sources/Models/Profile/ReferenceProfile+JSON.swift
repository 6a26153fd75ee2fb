// SPDX-License-Identifier: Apache-2.0
import JSON

/// `{"inputs": {"source": "test", "rows": 600, "variables": […]}, "outputs": {…}}`; a variable is
/// `{"edges": […], "minimum": …, "maximum": …, "counts": […], "below": 0, "above": 0,
/// "missing": 0}`, `{"codes": […], "counts": […], "unseen": 0, "missing": 0}` or, of texts,
/// `{"counts": […], "missing": 0}`.
extension ReferenceProfile {
    var json: JSONValue { ["inputs": inputs.json, "outputs": outputs.json] }

    /// - Throws: the field that does not fit the schema or the output, or is not counted right.
    init(json: JSONValue, schema: FeatureSchema, output: Output) throws(ArtifactError) {
        let kinds = schema.features.map { feature -> ExpectedBins in
            switch feature.kind {
            case .number: .number
            case .category(let dictionary): .category(codeCount: dictionary.otherCode)
            case .text: .text
            }
        }
        var answers = output.profiledIndices.map { _ in ExpectedBins.number }
        if output.choiceCount > 0 { answers.append(.category(codeCount: output.choiceCount)) }
        inputs = try Part(json: json["inputs"], kinds, field: "profile.inputs")
        outputs = try Part(json: json["outputs"], answers, field: "profile.outputs")
    }
}

/// What the schema and the output say of a variable.
private enum ExpectedBins {
    case number
    case category(codeCount: Int)
    case text
}

extension ReferenceProfile.Part {
    fileprivate var json: JSONValue {
        [
            "source": .string(source.rawValue), "rows": .integer(rowCount),
            "variables": .array(variables.map(\.json)),
        ]
    }

    fileprivate init(
        json: JSONValue?, _ expected: [ExpectedBins], field: String
    ) throws(ArtifactError) {
        guard let json else { throw .missingField(field) }
        guard let source = json["source"]?.string.flatMap(ReferenceProfile.Source.init) else {
            throw .invalidField("\(field).source", "not train or test")
        }
        guard let rowCount = json["rows"]?.integer, rowCount > 0 else {
            throw .invalidField("\(field).rows", "not a positive number")
        }
        guard let elements = json["variables"]?.array, elements.count == expected.count else {
            throw .invalidField("\(field).variables", "not \(expected.count) variables")
        }
        var variables: [ProfiledVariable] = []
        for (index, element) in elements.enumerated() {
            variables.append(
                try ProfiledVariable(
                    json: element, expected[index], rowCount: UInt64(rowCount),
                    field: "\(field).variables[\(index)]"))
        }
        self.init(source: source, rowCount: rowCount, variables: variables)
    }
}

extension ProfiledVariable {
    fileprivate var json: JSONValue {
        func number(_ count: UInt64) -> JSONValue { .integer(Int(clamping: count)) }
        var members: [JSONValue.Member] = []
        let tallied = JSONValue.Member(name: "counts", value: .array(counts.bins.map(number)))
        switch bins {
        case .number(let edges, let range):
            members.append(.init(name: "edges", value: .array(edges.map { .number($0) })))
            if let range {
                members.append(.init(name: "minimum", value: .number(range.lowerBound)))
                members.append(.init(name: "maximum", value: .number(range.upperBound)))
            }
            members += [
                tallied, .init(name: "below", value: number(counts.below)),
                .init(name: "above", value: number(counts.above)),
            ]
        case .category(let codes, _):
            members += [
                .init(name: "codes", value: .array(codes.map { .integer($0) })), tallied,
                .init(name: "unseen", value: number(counts.unseen)),
            ]
        case .text: members.append(tallied)
        }
        members.append(.init(name: "missing", value: number(counts.missing)))
        return .object(members)
    }

    fileprivate init(
        json: JSONValue, _ expected: ExpectedBins, rowCount: UInt64, field: String
    ) throws(ArtifactError) {
        let bins = try ProfileBins(json: json, expected, field: field)
        let tallied = (json["counts"]?.array ?? []).compactMap(\.count)
        guard tallied.count == bins.count, json["counts"]?.array?.count == bins.count else {
            throw .invalidField("\(field).counts", "not \(bins.count) natural numbers")
        }
        func count(_ name: String) throws(ArtifactError) -> UInt64 {
            guard let count = json[name]?.count else {
                throw .invalidField("\(field).\(name)", "not a natural number")
            }
            return count
        }
        var counts = VariableCounts(bins: tallied)
        counts.missing = try count("missing")
        switch bins {
        case .number:
            counts.below = try count("below")
            counts.above = try count("above")
            guard counts.below <= tallied[0], counts.above <= tallied[tallied.count - 1] else {
                throw .invalidField(field, "more values out of range than in the outer bins")
            }
        case .category: counts.unseen = try count("unseen")
        case .text: break
        }
        var left = rowCount
        for part in tallied + [counts.unseen, counts.missing] {
            guard part <= left else {
                throw .invalidField("\(field).counts", "more than the rows, \(rowCount)")
            }
            left -= part
        }
        guard left == 0 else {
            throw .invalidField("\(field).counts", "fewer than the rows, \(rowCount)")
        }
        self.init(bins: bins, counts: counts)
    }
}

extension ProfileBins {
    fileprivate init(
        json: JSONValue, _ expected: ExpectedBins, field: String
    ) throws(ArtifactError) {
        switch expected {
        case .number: self = try Self.number(json, field)
        case .category(let codeCount): self = try Self.category(json, codeCount, field)
        case .text: self = .text
        }
    }

    private static func number(
        _ json: JSONValue, _ field: String
    ) throws(ArtifactError) -> ProfileBins {
        guard let elements = json["edges"]?.array, elements.count < numberCountMax else {
            throw .invalidField("\(field).edges", "not at most \(numberCountMax - 1) numbers")
        }
        let edges = elements.compactMap(\.number)
        let isAscending = zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 }
        guard edges.count == elements.count, edges.allSatisfy(\.isFinite), isAscending else {
            throw .invalidField("\(field).edges", "not ascending numbers")
        }
        switch (json["minimum"], json["maximum"]) {
        case (nil, nil): return .number(edges: edges, range: nil)
        case (let low?, let high?):
            guard let low = low.number, let high = high.number, low.isFinite, high.isFinite,
                low <= high
            else { throw .invalidField("\(field).minimum", "not at most the maximum") }
            return .number(edges: edges, range: low...high)
        case (nil, _): throw .missingField("\(field).minimum")
        case (_, nil): throw .missingField("\(field).maximum")
        }
    }

    private static func category(
        _ json: JSONValue, _ codeCount: Int, _ field: String
    ) throws(ArtifactError) -> ProfileBins {
        let elements = json["codes"]?.array ?? []
        let codes = elements.compactMap(\.integer)
        guard json["codes"]?.array != nil, codes.count == elements.count,
            codes.count <= categoryCountMax, Set(codes).count == codes.count,
            codes.allSatisfy({ 0 <= $0 && $0 < codeCount })
        else {
            throw .invalidField(
                "\(field).codes",
                "not at most \(categoryCountMax) different codes of \(codeCount)")
        }
        return .category(codes: codes, codeCount: codeCount)
    }
}

extension JSONValue {
    /// A natural number.
    fileprivate var count: UInt64? { integer.flatMap { UInt64(exactly: $0) } }
}
