// SPDX-License-Identifier: Apache-2.0
import Telemetry
import Testing

struct TraceTests {
    private func parse(_ text: String) -> TraceParent? {
        let bytes = Array(text.utf8)
        return TraceParent(0..<bytes.count, in: bytes.span)
    }

    private static let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func readsATraceParent() {
        let parent = parse(Self.good)
        #expect(parent?.traceID.text == "0af7651916cd43dd8448eb211c80319c")
        #expect(parent?.parentID == 0xB7AD_6B71_6920_3331)
        #expect(parent?.flags == 1)
        #expect(parse("cc" + good.dropFirst(2) + "-what") != nil)
    }

    private var good: String { Self.good }

    @Test(arguments: [
        "", "00", good.uppercased(), "ff" + good.dropFirst(2), good + "-", good + "-x",
        "cc" + good.dropFirst(2) + ".x", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", "0x" + good.dropFirst(2),
        good.replacing("-", with: "_"), String(good.dropLast()),
    ])
    func refuses(_ text: String) {
        #expect(parse(text) == nil)
    }

    @Test func identifiersAreDistinctAndNotZero() {
        var source = IdentifierSource()
        let texts = (0..<10_000).map { _ in source.next().text }
        #expect(Set(texts).count == 10_000)
        #expect(texts.allSatisfy { $0.utf8.count == 32 && !$0.hasPrefix("0000000000000000") })
    }
}
