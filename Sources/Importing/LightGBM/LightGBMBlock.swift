// SPDX-License-Identifier: Apache-2.0
import JSON

/// The `key=value` lines of the header, or of one tree.
struct LightGBMBlock {
    /// `header`, or `tree 3`.
    let name: String
    private let text: [UInt8]
    private var values: [String: Range<Int>] = [:]

    init(name: String, text: [UInt8]) {
        self.name = name
        self.text = text
    }

    /// A line without `=` is a key that stands for itself, such as `average_output`.
    mutating func insert(_ line: Range<Int>) throws(ImportError) {
        let equals = text[line].firstIndex(of: 0x3D) ?? line.upperBound
        let key = String(decoding: text[line.lowerBound..<equals], as: UTF8.self)
        let start = min(equals + 1, line.upperBound)
        guard values.updateValue(start..<line.upperBound, forKey: key) == nil else {
            throw malformed(key, "occurs twice")
        }
    }

    func malformed(_ key: String, _ reason: String) -> ImportError {
        .malformed(field: "\(name) \(key)", reason: reason)
    }

    func contains(_ key: String) -> Bool { values[key] != nil }

    func string(_ key: String) -> String? {
        values[key].map { String(decoding: text[$0], as: UTF8.self) }
    }

    /// The words of a value, parted by blanks.
    func words(_ key: String) throws(ImportError) -> [String] {
        guard let range = values[key] else { throw malformed(key, "missing") }
        return text[range].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    }

    func integer(
        _ key: String, in range: ClosedRange<Int>, default missing: Int? = nil
    ) throws(ImportError) -> Int {
        if let missing, values[key] == nil { return missing }
        let numbers = try integers(key, in: range)
        guard numbers.count == 1 else { throw malformed(key, "not one number") }
        return numbers[0]
    }

    func integers(
        _ key: String, in range: ClosedRange<Int>, count: Int? = nil
    ) throws(ImportError) -> [Int] {
        var integers: [Int] = []
        for number in try doubles(key, count: count) {
            guard let value = Int(exactly: number), range.contains(value) else {
                throw malformed(
                    key, "not whole numbers from \(range.lowerBound) to \(range.upperBound)")
            }
            integers.append(value)
        }
        return integers
    }

    /// - Parameters:
    ///   - count: how many there must be; `nil` for any.
    ///   - mayBeInfinite: whether `inf` and `-inf` are taken, as for the threshold of a split that
    ///     tells missing values from all others.
    func doubles(
        _ key: String, count: Int? = nil, mayBeInfinite: Bool = false
    ) throws(ImportError) -> [Double] {
        guard let range = values[key] else { throw malformed(key, "missing") }
        var numbers: [Double] = []
        if let count { numbers.reserveCapacity(min(count, range.count)) }
        var start = range.lowerBound
        while start < range.upperBound {
            guard text[start] != 0x20 else {
                start += 1
                continue
            }
            let word =
                start..<(text[start..<range.upperBound].firstIndex(of: 0x20) ?? range.upperBound)
            do throws(JSONError) {
                numbers.append(try double(word, mayBeInfinite: mayBeInfinite))
            } catch {
                throw malformed(key, "number \(numbers.count + 1): \(error.reason.rawValue)")
            }
            start = word.upperBound
        }
        guard count == nil || numbers.count == count else {
            throw malformed(key, "\(numbers.count) numbers where \(count ?? 0) are expected")
        }
        return numbers
    }

    private func double(_ word: Range<Int>, mayBeInfinite: Bool) throws(JSONError) -> Double {
        if mayBeInfinite, text[word].elementsEqual("inf".utf8) { return .infinity }
        if mayBeInfinite, text[word].elementsEqual("-inf".utf8) { return -.infinity }
        let span = text.span.extracting(word)
        var cursor = JSONCursor()
        let number = try cursor.number(in: span)
        try cursor.finish(in: span)
        return number
    }
}
