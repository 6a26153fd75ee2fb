// SPDX-License-Identifier: Apache-2.0
import Zlib

/// A coded body: never more than the limits allow, and only if it is whole.
@c(LLVMFuzzerTestOneInput)
func fuzzGzip(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var limits = Gzip.Limits()
    limits.byteCountMax = 300_000
    limits.ratioMax = 250
    limits.memberCountMax = 4
    limits.allowsPadding = false
    let bytes = ExactBytes.input(data, count)
    if let contents = try? Gzip.decompress(bytes, limits: limits) {
        check(contents.count <= limits.byteCountMax, "more than the limit")
        check(
            contents.count <= 65_536 || contents.count / bytes.count <= limits.ratioMax,
            "denser than the limit")
        let cut = try? Gzip.decompress(Array(bytes.dropLast()), limits: limits)
        check(cut == nil, "a stream without its last byte is accepted")
        let longer = try? Gzip.decompress(bytes + [0], limits: limits)
        check(longer == nil, "a stream with a byte behind is accepted")
        checkRoundTrip(contents)
    }
    checkRoundTrip(bytes)
    return 0
}

private func checkRoundTrip(_ contents: [UInt8]) {
    guard let coded = try? Gzip.compress(contents, level: 1) else {
        return check(false, "cannot be compressed")
    }
    check((try? Gzip.decompress(coded)) == contents, "compressed and decompressed it is another")
}
