// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// The fields that go with each request to a collector, such as its key, from a file: a line
/// `Name: value` for each. Empty lines and those that begin with `#` are passed over.
package enum OTLPHeaders {
    /// What the exporter says itself.
    private static let reserved: Set<String> = [
        "host", "connection", "content-type", "content-length", "content-encoding",
        "transfer-encoding", "accept", "user-agent",
    ]

    /// Why a file is no such list. The line is shown by its number only: it may hold a secret.
    package struct Malformed: Error, Equatable, Sendable {
        package let line: Int
        package let reason: String
    }

    package static func parse(_ bytes: [UInt8]) throws(Malformed) -> [(name: String, value: String)]
    {
        var fields: [(name: String, value: String)] = []
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let text = trimmed(line)
            if text.isEmpty || text.first == 0x23 { continue }
            func malformed(_ reason: String) -> Malformed {
                Malformed(line: index + 1, reason: reason)
            }
            guard let colon = text.firstIndex(of: 0x3A) else {
                throw malformed("there is no colon")
            }
            let name = text[..<colon]
            guard !name.isEmpty, name.allSatisfy(ByteClass.isToken) else {
                throw malformed("the name is no header field's")
            }
            let value = trimmed(text[(colon + 1)...])
            guard !value.isEmpty, value.allSatisfy({ 0x20...0x7E ~= $0 }) else {
                throw malformed("the value is empty, or not printable ASCII")
            }
            let written = String(decoding: name, as: UTF8.self)
            guard !reserved.contains(written.lowercased()) else {
                throw malformed("\(written) is not to be chosen")
            }
            fields.append((written, String(decoding: value, as: UTF8.self)))
        }
        return fields
    }

    /// Without the white space around it, the CR of a line's end included.
    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        guard let first = line.firstIndex(where: { !isSpace($0) }),
            let last = line.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return line[first...last]
    }
}
