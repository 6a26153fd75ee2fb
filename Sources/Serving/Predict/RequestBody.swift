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
    /// How much text it may hold: what work on it is let in for, and reading it does not exceed.
    let textByteCount: Int
    /// What any body may hold once decoded.
    private let byteCountMax: Int
    private let mayHoldSeveralMembers: Bool

    /// The length that a gzip stream states is its last member's. It is the client's word, which
    /// reading proves or refuses; where other members may stand before that one, the text is taken
    /// to be as long as it may be. Reading a member without contents costs too, so that no stream
    /// counts less than its own length.
    init(bytes: [UInt8], isGzip: Bool, byteCountMax: Int) {
        self.bytes = bytes
        self.isGzip = isGzip
        self.byteCountMax = byteCountMax
        guard isGzip else {
            mayHoldSeveralMembers = false
            textByteCount = bytes.count
            return
        }
        mayHoldSeveralMembers = Gzip.mayHoldSeveralMembers(bytes)
        let stated =
            mayHoldSeveralMembers
            ? max(Gunzip.ratioFreeByteCount, bytes.count * Self.gzipRatioMax)
            : Gzip.statedByteCount(bytes)
        textByteCount = min(byteCountMax, max(stated, bytes.count))
    }

    var readingNanoseconds: Double {
        Double(textByteCount) * (Self.byteNanoseconds + (isGzip ? Self.gzipByteNanoseconds : 0))
    }

    /// The JSON text.
    func text() throws(Problem) -> [UInt8] {
        guard isGzip else { return bytes }
        var limits = Gunzip.Limits()
        limits.byteCountMax = textByteCount
        limits.ratioMax = Self.gzipRatioMax
        limits.memberCountMax = Self.gzipMemberCountMax
        do throws(GzipError) {
            return try Gzip.decompress(bytes, limits: limits)
        } catch {
            switch error {
            case .tooLarge where textByteCount == byteCountMax:
                throw .contentTooLarge(byteCountMax: byteCountMax)
            case .tooLarge where mayHoldSeveralMembers: throw .contentTooDense
            case .tooLarge: throw .malformedContentCoding(GzipError.wrongLength.reason)
            case .ratioTooLarge, .tooManyMembers: throw .contentTooDense
            case .outOfMemory: throw .outOfMemory
            case .truncated, .malformedHeader, .malformedBlock, .wrongCheckValue, .wrongLength,
                .trailingBytes:
                throw .malformedContentCoding(error.reason)
            }
        }
    }
}
