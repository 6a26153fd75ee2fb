// SPDX-License-Identifier: Apache-2.0
import Testing
import Zlib

struct GzipTests {
    private static let text = Array("The martlet never lands.\n".utf8)

    @Test(arguments: [0, 1, 25, 262_143, 262_144, 262_145, 1_000_000])
    func returnsWhatWasCompressed(byteCount: Int) throws {
        let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let compressed = try Gzip.compress(bytes)
        let isGzip = Gzip.isGzip(compressed.span)
        #expect(isGzip)
        #expect(try Gzip.decompress(compressed) == bytes)
    }

    @Test func compressesTheSameContentsToTheSameBytes() throws {
        #expect(try Gzip.compress(Self.text) == Gzip.compress(Self.text))
    }

    @Test func concatenatesMembersAndIgnoresPadding() throws {
        let member = try Gzip.compress(Self.text)
        let padded = member + member + [0, 0, 0]
        #expect(try Gzip.decompress(padded) == Self.text + Self.text)
    }

    @Test func rejectsEveryTruncation() throws {
        let compressed = try Gzip.compress(Self.text)
        for count in 0..<compressed.count {
            #expect(throws: GzipError.truncated) {
                try Gzip.decompress(Array(compressed[..<count]))
            }
        }
    }

    @Test func rejectsAWrongCheckValue() throws {
        var compressed = try Gzip.compress(Self.text)
        compressed[compressed.count - 5] ^= 1
        #expect(throws: GzipError.malformed("incorrect data check")) {
            try Gzip.decompress(compressed)
        }
    }

    @Test func rejectsWhatIsNotGzip() {
        #expect(throws: GzipError.malformed("incorrect header check")) {
            try Gzip.decompress(Self.text)
        }
    }

    @Test func stopsAtTheLimit() throws {
        let bomb = try Gzip.compress([UInt8](repeating: 0, count: 10_000_000))
        var limits = Gzip.Limits()
        limits.byteCountMax = 100_000
        #expect(throws: GzipError.tooLarge(byteCountMax: 100_000)) {
            try Gzip.decompress(bomb, limits: limits)
        }
        limits.byteCountMax = 10_000_000
        #expect(try Gzip.decompress(bomb, limits: limits).count == 10_000_000)
        limits.ratioMax = 250
        #expect(throws: GzipError.ratioTooLarge(ratioMax: 250)) {
            try Gzip.decompress(bomb, limits: limits)
        }
    }

    @Test func boundsMembersAndWhatFollowsThem() throws {
        let member = try Gzip.compress(Self.text)
        var limits = Gzip.Limits()
        limits.memberCountMax = 2
        limits.allowsPadding = false
        #expect(try Gzip.decompress(member + member, limits: limits) == Self.text + Self.text)
        #expect(throws: GzipError.tooManyMembers(memberCountMax: 2)) {
            try Gzip.decompress(member + member + member, limits: limits)
        }
        #expect(throws: GzipError.malformed("incorrect header check")) {
            try Gzip.decompress(member + [0, 0, 0], limits: limits)
        }
        #expect(throws: GzipError.malformed("incorrect header check")) {
            try Gzip.decompress(member + Self.text, limits: limits)
        }
    }
}
