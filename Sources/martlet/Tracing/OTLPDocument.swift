// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
package import Serving

/// The body of a request to a collector: an `ExportTraceServiceRequest` of OTLP 1 in JSON, with
/// names in lowerCamelCase, ids in hexadecimal and numbers of 64 bits as strings.
package struct OTLPDocument: Sendable {
    /// What of this process all its spans have in common.
    package struct Attribute: Equatable, Sendable {
        package enum Value: Equatable, Sendable {
            case text(String)
            case number(Int)
        }

        package let key: String
        package let value: Value

        package init(_ key: String, _ text: String) {
            self.key = key
            value = .text(text)
        }

        package init(_ key: String, _ number: Int) {
            self.key = key
            value = .number(number)
        }

        /// Reads `key=value`, neither empty; `nil` for anything else.
        package init?(_ text: String) {
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex else { return nil }
            let value = text[text.index(after: sign)...]
            guard !value.isEmpty else { return nil }
            self.init(String(text[..<sign]), String(value))
        }
    }

    /// Up to the first span.
    private let head: [UInt8]

    package init(resource attributes: [Attribute]) {
        var head: [UInt8] = []
        head.append("{\"resourceSpans\":[{\"resource\":{\"attributes\":")
        let list = attributes.map { attribute -> JSONValue in
            let value: JSONValue =
                switch attribute.value {
                case .text(let text): ["stringValue": .string(text)]
                case .number(let number): ["intValue": .string("\(number)")]
                }
            return ["key": .string(attribute.key), "value": value]
        }
        JSONValue.array(list).append(to: &head)
        head.append("},\"scopeSpans\":[{\"scope\":{\"name\":\"martlet\",\"version\":")
        head.appendJSON(MartletVersion.current)
        head.append("},\"spans\":[")
        self.head = head
    }

    package func body(of batch: SpanBatch) -> [UInt8] {
        var body = head
        body.reserveCapacity(head.count + batch.bytes.count + 8)
        body.append(copying: batch.bytes)
        body.append("]}]}]}")
        return body
    }

    /// How many spans a collector has not taken of a request that it has taken
    /// (`partialSuccess.rejectedSpans`); JSON writes such a number as a string, but some do not.
    package static func rejectedCount(in body: [UInt8]) -> Int {
        let document = try? JSONValue(parsing: body.span)
        let count = document?["partialSuccess"]?["rejectedSpans"]
        return max(0, count?.integer ?? count?.string.flatMap { Int($0) } ?? 0)
    }
}
