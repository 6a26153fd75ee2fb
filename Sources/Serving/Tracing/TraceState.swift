// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// What others have noted of a trace, to be passed on as it is (W3C Trace Context section 3.3).
enum TraceState {
    /// What a receiver should at least pass on; of more nothing is.
    private static let byteCountMax = 512
    private static let memberCountMax = 32

    /// Appends the members of all lines, joined by commas, as text of a JSON string; nothing where
    /// they are too many or hold what no member may.
    static func append(
        of request: borrowing HTTPRequest, in message: Span<UInt8>, to text: inout [UInt8]
    ) {
        let start = text.count
        var lines = HTTPFieldLines(.tracestate, of: request)
        var memberCount = 0
        var byteCount = 0
        while let line = lines.next(in: message) {
            if line.isEmpty { continue }
            if memberCount > 0 { text.append(0x2C) }
            memberCount += 1
            for index in line {
                // White space between members may be a tab, which JSON would have to escape.
                let byte = message[index] == 0x09 ? 0x20 : message[index]
                byteCount += 1
                if byte == 0x2C { memberCount += 1 }
                guard 0x20...0x7E ~= byte, byteCount <= byteCountMax,
                    memberCount <= memberCountMax
                else { return text.removeSubrange(start...) }
                if byte == 0x22 || byte == 0x5C { text.append(0x5C) }
                text.append(byte)
            }
        }
    }
}
