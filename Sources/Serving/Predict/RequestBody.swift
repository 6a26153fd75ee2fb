// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Zlib

/// The body of a prediction request as it came, to be read off the loops.
struct RequestBody: Sendable {
    /// Text compresses 3 to 20 times; what does much better is there to harm.
    private static let gzipRatioMax = 250
    private static let gzipMemberCountMax = 64

    let bytes: [UInt8]
    let isGzip: Bool
    /// What it may hold once decoded.
    let byteCountMax: Int

    /// How long the text is thought to be, for what reading it costs.
    ///
    /// A gzip stream ends with its own word on that (RFC 1952 section 2.3.1), which is believed as
    /// far as `text()` would let it be true.
    var textByteCount: Int {
        guard isGzip, bytes.count >= 4 else { return bytes.count }
        let said = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        return min(max(said, bytes.count), byteCountMax, bytes.count * Self.gzipRatioMax)
    }

    /// The JSON text.
    func text() throws(Problem) -> [UInt8] {
        guard isGzip else { return bytes }
        var limits = Gzip.Limits()
        limits.byteCountMax = byteCountMax
        limits.ratioMax = Self.gzipRatioMax
        limits.memberCountMax = Self.gzipMemberCountMax
        limits.allowsPadding = false
        do throws(GzipError) {
            return try Gzip.decompress(bytes, limits: limits)
        } catch {
            switch error {
            case .tooLarge: throw .contentTooLarge(byteCountMax: byteCountMax)
            case .ratioTooLarge, .tooManyMembers: throw .contentTooDense
            case .truncated: throw .malformedContentCoding("the gzip stream is cut short")
            case .malformed(let words): throw .malformedContentCoding(words)
            case .outOfMemory: throw .malformedContentCoding("out of memory")
            }
        }
    }
}
