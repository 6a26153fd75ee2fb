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
