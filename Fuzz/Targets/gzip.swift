// SPDX-License-Identifier: Apache-2.0
import Zlib

/// A coded body: never more than the limits allow, and only if it is whole.
@c(LLVMFuzzerTestOneInput)
func fuzzGzip(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var limits = Gunzip.Limits()
    limits.byteCountMax = 300_000
    limits.ratioMax = 250
    limits.memberCountMax = 4
    let bytes = ExactBytes.input(data, count)
    checkCuts(bytes, limits)
    if let contents = try? Gzip.decompress(bytes, limits: limits) {
        check(contents.count <= limits.byteCountMax, "more than the limit")
        check(
            contents.count <= Gunzip.ratioFreeByteCount
                || contents.count <= limits.ratioMax * bytes.count,
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

/// In two pieces and through little room the stream means the same.
private func checkCuts(_ bytes: [UInt8], _ limits: Gunzip.Limits) {
    let whole = Result { () throws(GzipError) in try Gzip.decompress(bytes, limits: limits) }
    let cut = bytes.isEmpty ? 0 : (bytes.count + Int(bytes[bytes.count / 2])) % bytes.count
    let pieces = Result { () throws(GzipError) in
        var gunzip = try Gunzip(limits: limits)
        var contents: [UInt8] = []
        for piece in [bytes[..<cut], bytes[cut...]] {
            let exact = ExactBytes(piece)
            let input = UnsafeBufferPointer(exact.bytes).span
            var used = 0
            var isFull = true
            while used < input.count || isFull {
                let before = contents.count
                try contents.append(addingCapacity: 4096) { output throws(GzipError) in
                    used += try gunzip.read(input.extracting(used...), into: &output)
                }
                isFull = contents.count - before == 4096
            }
        }
        try gunzip.finish()
        return contents
    }
    // The ratio is asked after each block of contents, and blocks end where pieces do.
    if case .failure(.ratioTooLarge) = whole { return }
    if case .failure(.ratioTooLarge) = pieces { return }
    check(whole == pieces, "the cut changes the verdict")
}

private func checkRoundTrip(_ contents: [UInt8]) {
    guard let coded = try? Gzip.compress(contents, level: 1) else {
        return check(false, "cannot be compressed")
    }
    check((try? Gzip.decompress(coded)) == contents, "compressed and decompressed it is another")
}
