// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON

/// A JSON text: both readers agree, what is read can be written and read again, and numbers are
/// those of the C library.
@c(LLVMFuzzerTestOneInput)
func fuzzJSON(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let exact = ExactBytes(UnsafeBufferPointer(start: data, count: count))
    let text = UnsafeBufferPointer(exact.bytes).span
    let document = Result { () throws(JSONError) in try JSONValue(parsing: text) }
    let walk = Result { () throws(JSONError) in
        var cursor = JSONCursor()
        try cursor.skip(in: text)
        try cursor.finish(in: text)
    }
    check(
        numbers(in: text, areTakenByRuns: true) == numbers(in: text, areTakenByRuns: false),
        "a run of numbers is read in another way")
    switch (document, walk) {
    case (.success(let value), .success):
        check(String(validating: exact.bytes, as: UTF8.self) != nil, "not UTF-8")
        checkRoundTrip(value)
        checkNumber(value, exact.bytes)
    case (.failure(let error), .success):
        check(error.reason == .duplicateMember, "only the document is refused")
    case (.success, .failure): check(false, "only the walk is refused")
    case (.failure(let error), .failure):
        check(error.offset <= count, "the fault lies behind the text")
    }
    return 0
}

private func checkRoundTrip(_ value: JSONValue) {
    guard let again = try? JSONValue(parsing: value.text) else {
        return check(false, "what was written cannot be read")
    }
    check(again.text == value.text, "read again it is another text")
}

private func checkNumber(_ value: JSONValue, _ text: UnsafeMutableBufferPointer<UInt8>) {
    guard let number = value.number else { return }
    let expected = strtod(String(decoding: text, as: UTF8.self), nil)
    if case .integer(let integer) = value {
        check(Double(integer) == expected, "another integer than strtod's")
    } else {
        check(number.bitPattern == expected.bitPattern, "another number than strtod's")
    }
}

/// The bits of all numbers in nested arrays, read one by one or by runs and rows; or the fault.
private func numbers(
    in text: Span<UInt8>, areTakenByRuns: Bool
) -> Result<[UInt64], JSONError> {
    var cursor = JSONCursor()
    var numbers: [Double] = []
    do throws(JSONError) {
        try walk(&cursor, text, areTakenByRuns, to: &numbers)
        try cursor.finish(in: text)
    } catch {
        return .failure(error)
    }
    return .success(numbers.map(\.bitPattern))
}

private func walk(
    _ cursor: inout JSONCursor, _ text: Span<UInt8>, _ takesRuns: Bool, to numbers: inout [Double]
) throws(JSONError) {
    try cursor.enter(.array, in: text)
    while true {
        if takesRuns {
            _ = cursor.appendRows(of: 2, to: &numbers, in: text)
            _ = cursor.appendNumbers(upTo: 3, to: &numbers, in: text)
        }
        guard try cursor.hasNext(.array, in: text) else { return }
        switch try cursor.peek(in: text) {
        case .array: try walk(&cursor, text, takesRuns, to: &numbers)
        case .number: numbers.append(try cursor.number(in: text))
        default: try cursor.skip(in: text)
        }
    }
}
