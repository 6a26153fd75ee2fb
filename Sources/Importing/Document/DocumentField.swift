// SPDX-License-Identifier: Apache-2.0

/// A place in a document, with its path for what is said of it.
struct DocumentField {
    let document: Document
    let path: String

    init(_ document: Document, path: String) {
        self.document = document
        self.path = path
    }

    func malformed(_ reason: String) -> ImportError {
        .malformed(field: path.isEmpty ? "document" : path, reason: reason)
    }

    /// - Throws: `malformed` when this is no object or has no such member.
    func member(_ name: String) throws(ImportError) -> DocumentField {
        guard let member = try optional(name) else {
            throw .malformed(field: path.isEmpty ? name : "\(path).\(name)", reason: "missing")
        }
        return member
    }

    /// `nil` where the member is missing or null.
    func optional(_ name: String) throws(ImportError) -> DocumentField? {
        guard case .object(let members) = document else { throw malformed("not an object") }
        guard let member = members[name], member != .null else { return nil }
        return DocumentField(member, path: path.isEmpty ? name : "\(path).\(name)")
    }

    func string() throws(ImportError) -> String {
        guard case .string(let string) = document else { throw malformed("not a string") }
        return string
    }

    func number() throws(ImportError) -> Double {
        guard case .number(let number) = document else { throw malformed("not a number") }
        return number
    }

    func list() throws(ImportError) -> [DocumentField] {
        switch document {
        case .list(let elements):
            elements.enumerated().map { DocumentField($1, path: "\(path)[\($0)]") }
        case .numbers(let numbers):
            numbers.enumerated().map { DocumentField(.number($1), path: "\(path)[\($0)]") }
        default: throw malformed("not a list")
        }
    }

    func strings() throws(ImportError) -> [String] {
        var strings: [String] = []
        for element in try list() { strings.append(try element.string()) }
        return strings
    }

    /// A list of numbers; booleans count as 0 and 1.
    ///
    /// - Parameter count: how many there must be; `nil` for any.
    func numbers(count: Int? = nil) throws(ImportError) -> [Double] {
        let numbers: [Double]
        switch document {
        case .numbers(let values): numbers = values
        case .list(let elements):
            numbers = elements.compactMap {
                if case .boolean(let value) = $0 { value ? 1 : 0 } else { nil }
            }
            guard numbers.count == elements.count else { throw malformed("not numbers") }
        default: throw malformed("not a list of numbers")
        }
        guard count == nil || numbers.count == count else {
            throw malformed("\(numbers.count) numbers where \(count ?? 0) are expected")
        }
        return numbers
    }

    /// Numbers as a library has them that computes in `float`.
    func floats(count: Int) throws(ImportError) -> [Double] {
        try numbers(count: count).map { Double(Float($0)) }
    }

    /// A whole number, also written as a string, within a range.
    func integer(in range: ClosedRange<Int>) throws(ImportError) -> Int {
        switch document {
        case .string(let text):
            if let value = Int(text), range.contains(value) { return value }
        case .number(let number):
            if let value = Int(exactly: number), range.contains(value) { return value }
        default: break
        }
        throw malformed("not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }

    /// Whole numbers within a range.
    func integers(
        in range: ClosedRange<Int>, count: Int? = nil
    ) throws(ImportError) -> [Int] {
        var integers: [Int] = []
        for (index, number) in try numbers(count: count).enumerated() {
            guard let value = Int(exactly: number), range.contains(value) else {
                throw .malformed(
                    field: "\(path)[\(index)]",
                    reason: "not a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            integers.append(value)
        }
        return integers
    }
}
