// SPDX-License-Identifier: Apache-2.0
import Testing
import Zlib

struct GzipTests {
    private static let text = Array("The martlet never lands.\n".utf8)

    @Test(arguments: [0, 1, 25, 4095, 4096, 262_143, 262_144, 262_145, 1_000_000])
    func returnsWhatWasCompressed(byteCount: Int) throws {
        let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let compressed = try Gzip.compress(bytes)
        let isGzip = Gzip.isGzip(compressed.span)
        #expect(isGzip)
        #expect(try Gzip.decompress(compressed) == bytes)
        let stated = Gzip.statedByteCount(compressed.span)
        #expect(stated == byteCount)
    }

    @Test func concatenatesMembers() throws {
        let member = try Gzip.compress(Self.text)
        #expect(try Gzip.decompress(member + member) == Self.text + Self.text)
    }

    /// Room is used again, whatever it held, and whether or not the contents fill it.
    @Test(arguments: [0, 10, 4096, 300_000])
    func usesTheRoomThatItIsGiven(heldByteCount: Int) throws {
        for byteCount in [0, 1, 4095, 4096, 4097, 299_999, 300_000, 300_001] {
            let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
            var contents = [UInt8](repeating: 7, count: heldByteCount)
            let compressed = try Gzip.compress(bytes)
            try Gzip.decompress(compressed, limits: Gunzip.Limits(), to: &contents)
            #expect(contents == bytes)
        }
    }

    @Test func rejectsEveryTruncation() throws {
        let compressed = try Gzip.compress(Self.text)
        for count in 0..<compressed.count {
            #expect(throws: GzipError.truncated) {
                try Gzip.decompress(Array(compressed[..<count]))
            }
        }
    }

    @Test func stopsAtTheLimit() throws {
        let bomb = try Gzip.compress([UInt8](repeating: 0, count: 10_000_000))
        var limits = Gunzip.Limits()
        limits.byteCountMax = 9_999_999
        #expect(throws: GzipError.tooLarge(byteCountMax: 9_999_999)) {
            try Gzip.decompress(bomb, limits: limits)
        }
        limits.byteCountMax = 10_000_000
        #expect(try Gzip.decompress(bomb, limits: limits).count == 10_000_000)
        limits.ratioMax = 250
        #expect(throws: GzipError.ratioTooLarge(ratioMax: 250)) {
            try Gzip.decompress(bomb, limits: limits)
        }
    }

    @Test(arguments: [
        ([], 0), ([7], 7), ([1, 2, 3, 0], 197_121), ([9, 255, 255, 255, 255], 4_294_967_295),
    ])
    func readsTheStatedLength(_ bytes: [UInt8], _ expected: Int) {
        let stated = Gzip.statedByteCount(bytes.span)
        #expect(stated == expected)
    }

    @Test(arguments: [([], false), ([0x1F], false), ([0x1F, 0x8B], true), ([0x8B, 0x1F], false)])
    func knowsHowGzipBegins(_ bytes: [UInt8], _ expected: Bool) {
        let isGzip = Gzip.isGzip(bytes.span)
        #expect(isGzip == expected)
    }

    /// It may take compressed contents for a member's start, but never overlooks one.
    @Test func seesEverySecondMember() throws {
        for count in [0, 1, 2, 3, 100, 5000] {
            let member = try Gzip.compress((0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) })
            let isSeveral = Gzip.mayHoldSeveralMembers(member)
            #expect(!isSeveral)
            let areSeveral = Gzip.mayHoldSeveralMembers(member + member)
            #expect(areSeveral)
        }
        let start: [UInt8] = [0x1F, 0x8B, 0x08, 0]
        for before in 1..<9 {
            for filler: UInt8 in [0, 0x08, 0x1F, 0x8B] {
                let bytes = [UInt8](repeating: filler, count: before) + start
                let isFound = Gzip.mayHoldSeveralMembers(bytes)
                #expect(isFound)
                let isCut = Gzip.mayHoldSeveralMembers(bytes.dropLast() + [0x20])
                #expect(!isCut)
            }
        }
        let none = [[], [0x1F], start, Array(start.dropFirst())].map(Gzip.mayHoldSeveralMembers)
        #expect(none == [false, false, false, false])
    }
}
