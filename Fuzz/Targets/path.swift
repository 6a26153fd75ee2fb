// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// A request target: what is accepted is UTF-8 without controls, and routing sees no dot segment.
@c(LLVMFuzzerTestOneInput)
func fuzzPath(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let target = ExactBytes.input(data, count)
    for method in ["GET", "OPTIONS", "CONNECT"] {
        let stream = Array("\(method) ".utf8) + target + Array(" HTTP/1.0\r\n\r\n".utf8)
        let verdict = Verdict(stream)
        verdict.checkCuts(of: stream)
        // With these it would end early, and be another target.
        if !Set(target).isDisjoint(with: [0x20, 0x0D, 0x0A]) { continue }
        guard let message = verdict.messages.first, message.method != .connect else { continue }
        checkAccepted(message, target)
    }
    return 0
}

private func checkAccepted(_ message: Verdict.Message, _ target: [UInt8]) {
    let isForAll = message.path == [0x2A]
    check(!isForAll || message.method == .options, "an asterisk")
    check(
        isForAll || message.path.first ?? 0x2F == 0x2F && !target.contains(0x23),
        "a path that begins otherwise, or a fragment")
    for part in [message.path, message.query ?? []] {
        guard let bytes = percentDecoded(part) else { return check(false, "a bad escape") }
        check(!bytes.contains { $0 < 0x20 || $0 == 0x7F }, "a control character")
        check(String(validating: bytes, as: UTF8.self) != nil, "not UTF-8")
    }
    for segment in message.path.split(separator: 0x2F, omittingEmptySubsequences: false) {
        let text = percentDecoded(Array(segment)) ?? []
        check(text != [0x2E] && text != [0x2E, 0x2E], "a dot segment is left")
    }
    guard let query = message.query else { return check(!target.contains(0x3F), "a lost query") }
    let expected = target.firstIndex(of: 0x3F).map { Array(target[($0 + 1)...]) }
    check(query == expected, "another query")
}

private func percentDecoded(_ text: [UInt8]) -> [UInt8]? {
    var bytes: [UInt8] = []
    var index = 0
    while index < text.count {
        if text[index] == 0x25 {
            guard index + 2 < text.count,
                let byte = UInt8(
                    String(decoding: text[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(byte)
            index += 3
        } else {
            bytes.append(text[index])
            index += 1
        }
    }
    return bytes
}
