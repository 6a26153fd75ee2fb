// SPDX-License-Identifier: Apache-2.0
import Testing
import Zlib

struct GzipEncoderTests {
    private static let text = Array("The martlet never lands.\n".utf8)

    @Test func writesMemberAfterMember() throws {
        var encoder = try GzipEncoder(level: 1)
        var stream: [UInt8] = []
        let empty: [UInt8] = []
        encoder.append(Self.text.span, to: &stream)
        let first = stream
        encoder.append(empty.span, to: &stream)
        encoder.append(Self.text.span, to: &stream)
        // Nothing of a member is left in the next one.
        #expect(stream.suffix(first.count) == first[...])
        #expect(try Gzip.decompress(stream) == Self.text + Self.text)
    }

    @Test func theHeaderNamesNeitherFileNorTime() throws {
        let stream = try Gzip.compress(Self.text)
        #expect(stream[..<8] == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
    }

    /// A smaller state finds the same, and copes with more than it was made for.
    @Test(arguments: [0, 1, 511, 512, 513, 1024, 5000, 16_384, 16_385, 40_000])
    func aSmallStateIsEnoughForSmallContents(byteCount: Int) throws {
        let contents = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7 & 0x3F) }
        var stream: [UInt8] = []
        var large = try GzipEncoder(level: 1)
        large.append(contents.span, to: &stream)
        var compact: [UInt8] = []
        var small = try GzipEncoder(level: 1, contentsByteCount: byteCount)
        small.append(contents.span, to: &compact)
        #expect(compact.count <= stream.count + stream.count / 20)
        #expect(try Gzip.decompress(compact) == contents)
        let longer = Array([contents, contents, contents].joined())
        var continued: [UInt8] = []
        small.append(longer.span, to: &continued)
        #expect(try Gzip.decompress(continued) == longer)
    }

    @Test(arguments: 1...9)
    func writesWhatCannotBecomeSmaller(level: Int) throws {
        var state: UInt64 = 1
        let noise = (0..<100_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let stream = try Gzip.compress(noise, level: level)
        #expect(stream.count < noise.count + 200)
        #expect(try Gzip.decompress(stream) == noise)
    }
}
