// SPDX-License-Identifier: Apache-2.0
import JSON

/// A LightGBM model file as it is written: a header, blocks of trees, and what Python adds.
///
///     tree                        a format of its own, "v2" to "v4"
///     key=value …                 the header
///     Tree=0, key=value …         a block for each tree
///     end of trees
///     parameters: … end of parameters
///     pandas_categorical:[[…]]
struct LightGBMFile {
    let header: LightGBMBlock
    let trees: [LightGBMBlock]
    /// Feature numbers that training was told are categories; `nil` where the file does not say.
    let categoricalFeatures: [Int]?
    /// The values of each pandas column of categories, in the columns' order.
    let pandasCategories: [[String]]

    init(_ bytes: [UInt8]) throws(ImportError) {
        var lines = LightGBMLines(bytes)
        guard let first = lines.next(), lines.line(first, is: "tree") else {
            throw .malformed(field: "line 1", reason: "not 'tree'")
        }
        var blocks = [LightGBMBlock(name: "header", text: bytes)]
        while true {
            guard let line = lines.next() else { throw .truncated(blocks[blocks.count - 1].name) }
            if lines.line(line, is: "end of trees") { break }
            if lines.line(line, startsWith: "Tree=") {
                let number = blocks.count - 1
                guard lines.line(line, is: "Tree=\(number)") else {
                    throw .malformed(
                        field: lines.string(line), reason: "tree \(number) is expected here")
                }
                blocks.append(LightGBMBlock(name: "tree \(number)", text: bytes))
            } else {
                try blocks[blocks.count - 1].insert(line)
            }
        }
        header = blocks[0]
        trees = Array(blocks[1...])
        // In version 2 they may be missing.
        (categoricalFeatures, pandasCategories) = try Self.rest(
            &lines, hasParameters: header.string("version") != "v2")
    }

    /// What stands behind the trees.
    private static func rest(
        _ lines: inout LightGBMLines, hasParameters: Bool
    ) throws(ImportError) -> (categoricalFeatures: [Int]?, pandasCategories: [[String]]) {
        var features: [Int]?
        var categories: [[String]] = []
        var isInParameters = false
        var isPastParameters = false
        let key = "[categorical_feature: "
        let pandas = "pandas_categorical:"
        while let line = lines.next() {
            if lines.line(line, is: "parameters:") {
                isInParameters = true
            } else if lines.line(line, is: "end of parameters") {
                isInParameters = false
                isPastParameters = true
            } else if isInParameters, lines.line(line, startsWith: key) {
                let list = lines.string(line.lowerBound + key.utf8.count..<line.upperBound)
                let words = list.split { $0 == "," || $0 == "]" || $0 == " " }
                features = words.compactMap { Int($0) }
                // Names instead of numbers tell us nothing.
                if features?.count != words.count { features = nil }
            } else if !isInParameters, lines.line(line, startsWith: pandas) {
                let text = line.lowerBound + pandas.utf8.count..<line.upperBound
                categories = try values(lines.text, text)
            }
        }
        // Without its end we would not know that the categories behind it are missing.
        guard isPastParameters || !(hasParameters || isInParameters) else {
            throw .truncated("the parameters")
        }
        return (features, categories)
    }

    private static func values(
        _ text: [UInt8], _ range: Range<Int>
    ) throws(ImportError) -> [[String]] {
        let json = text.span.extracting(range)
        let field = DocumentField(
            try Document(json: json, decimals: .float64), path: "pandas_categorical")
        if field.document == .null { return [] }
        var lists: [[String]] = []
        for list in try field.list() {
            var strings: [String] = []
            for value in try list.list() { strings.append(try value.categoryText()) }
            lists.append(strings)
        }
        return lists
    }
}

extension DocumentField {
    /// A category's value as pandas writes it into a CSV file.
    func categoryText() throws(ImportError) -> String {
        switch document {
        case .string(let text): return text
        case .boolean(let value): return value ? "True" : "False"
        case .number(let number):
            // Exact below 2^53; larger ones lost digits when they were read.
            guard number.magnitude < 0x1p53 else {
                throw malformed("a number of more than 53 bits")
            }
            if let integer = Int(exactly: number) { return String(integer) }
            return JSONValue.number(number).text
        default: throw malformed("neither a text nor a number")
        }
    }
}
