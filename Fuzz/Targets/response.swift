// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// What a server sends to a client: no cut changes what it means, and no body passes the limit. Of
/// the same bytes as a URL: what is accepted reads back as itself and cannot end a line.
@c(LLVMFuzzerTestOneInput)
func fuzzResponse(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let stream = ExactBytes.input(data, count)
    let whole = read(stream, pieces: max(1, stream.count))
    for size in [1, 3, 16] {
        check(read(stream, pieces: size) == whole, "a cut changes the response")
    }
    if case .success(let response) = whole {
        check(response.body.count <= bodyBytesMax, "a body above the limit")
        check(response.status >= 200, "an interim response")
    }
    checkURL(String(decoding: stream, as: UTF8.self))
    return 0
}

private let bodyBytesMax = 256

private func read(
    _ stream: [UInt8], pieces size: Int
) -> Result<ReceivedResponse, ReceivedResponseError> {
    var parser = ReceivedResponseParser(bodyBytesMax: bodyBytesMax)
    var rest = stream[...]
    do throws(ReceivedResponseError) {
        while !rest.isEmpty {
            if let response = try parser.receive(rest.prefix(size)) { return .success(response) }
            rest = rest.dropFirst(size)
        }
        return .success(try parser.finish())
    } catch {
        return .failure(error)
    }
}

private func checkURL(_ text: String) {
    guard let url = HTTPURL(text) else { return }
    check(HTTPURL(url.text) == url, "a URL that reads back as another")
    check(url.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a URL with a blank or a control")
}
