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
