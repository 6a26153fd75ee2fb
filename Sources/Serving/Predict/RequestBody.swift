// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Zlib

/// The body of a prediction request as it came, to be read off the loops.
struct RequestBody: Sendable {
    /// Text compresses 3 to 20 times; what does much better is there to harm.
    private static let gzipRatioMax = 250
    private static let gzipMemberCountMax = 64

    /// What reading a byte of JSON costs at most, and decompressing it besides.
    static let byteNanoseconds = 4.0
    private static let gzipByteNanoseconds = 4.0

    let bytes: [UInt8]
    let isGzip: Bool
    /// What it may hold once decoded.
    let byteCountMax: Int

    /// How long the text is thought to be: as long as gzip says, which its reading then proves.
    var textByteCount: Int {
        isGzip ? min(Gzip.statedByteCount(bytes), byteCountMax) : bytes.count
    }

    var readingNanoseconds: Double {
        Double(textByteCount) * (Self.byteNanoseconds + (isGzip ? Self.gzipByteNanoseconds : 0))
    }

    /// The JSON text.
    func text() throws(Problem) -> [UInt8] {
        guard isGzip else { return bytes }
        var limits = Gunzip.Limits()
        limits.byteCountMax = byteCountMax
        limits.ratioMax = Self.gzipRatioMax
        limits.memberCountMax = Self.gzipMemberCountMax
        do throws(GzipError) {
            return try Gzip.decompress(bytes, limits: limits)
        } catch {
            switch error {
            case .tooLarge: throw .contentTooLarge(byteCountMax: byteCountMax)
            case .ratioTooLarge, .tooManyMembers: throw .contentTooDense
            case .outOfMemory: throw .outOfMemory
            case .truncated, .malformedHeader, .malformedBlock, .wrongCheckValue, .wrongLength,
                .trailingBytes:
                throw .malformedContentCoding(error.reason)
            }
        }
    }
}
