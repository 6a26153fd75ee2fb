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
        textByteCount =
            mayHoldSeveralMembers
            ? min(byteCountMax, max(Gunzip.ratioFreeByteCount, bytes.count * Self.gzipRatioMax))
            : Self.leastTextByteCount(bytes.span, isGzip: true, byteCountMax: byteCountMax)
    }

    /// How much text a body holds at the least, as far as a look at its end tells.
    static func leastTextByteCount(
        _ bytes: Span<UInt8>, isGzip: Bool, byteCountMax: Int
    ) -> Int {
        guard isGzip else { return bytes.count }
        return min(byteCountMax, max(Gzip.statedByteCount(bytes), bytes.count))
    }

    /// How long it takes to read so much text.
    static func readingNanoseconds(textByteCount: Int, isGzip: Bool) -> Double {
        Double(textByteCount) * (byteNanoseconds + (isGzip ? gzipByteNanoseconds : 0))
    }

    /// Replaces `text` by what a compressed body holds, using the room that it has.
    func decode(to text: inout [UInt8]) throws(Problem) {
        var limits = Gunzip.Limits()
        limits.byteCountMax = textByteCount
        limits.ratioMax = Self.gzipRatioMax
        limits.memberCountMax = Self.gzipMemberCountMax
        do throws(GzipError) {
            try Gzip.decompress(bytes, limits: limits, to: &text)
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
