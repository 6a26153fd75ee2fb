// SPDX-License-Identifier: Apache-2.0

/// Members of a JSON object, each with the comma before it, that an application adds to a request's
/// line in the access log.
///
/// Names are the program's own; values may come from a client and are escaped here, so that none
/// can end its string or its line. The bytes are always ASCII.
package struct LogMembers: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package var isEmpty: Bool { bytes.isEmpty }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// - Parameter name: holds nothing that JSON escapes.
    package mutating func append(_ name: StaticString, _ value: Span<UInt8>) {
        // The name with its quotes, a comma and a colon; a byte of the value takes six at most.
        bytes.append(addingCapacity: name.utf8CodeUnitCount + 6 + value.count * 6) { output in
            Self.appendName(name, to: &output)
            output.append(0x22)
            Self.append(value, to: &output)
            output.append(0x22)
        }
    }

    package mutating func append(_ name: StaticString, _ value: String) {
        let bytes = Array(value.utf8)
        append(name, bytes.span)
    }

    /// - Parameter number: not negative.
    package mutating func append(_ name: StaticString, _ number: Int) {
        bytes.append(addingCapacity: name.utf8CodeUnitCount + 24) { output in
            Self.appendName(name, to: &output)
            output.append(decimal: max(0, number))
        }
    }

    /// What names a request: its id, which may be the client's, and its trace and span, which are
    /// digits.
    package mutating func append(
        requestID: Span<UInt8>, traceID: Span<UInt8>, spanID: Span<UInt8>
    ) {
        bytes.append(addingCapacity: 48 + requestID.count * 6 + traceID.count + spanID.count) {
            output in
            output.append(",\"request_id\":\"")
            Self.append(requestID, to: &output)
            output.append("\",\"trace_id\":\"")
            output.append(traceID)
            output.append("\",\"span_id\":\"")
            output.append(spanID)
            output.append(0x22)
        }
    }

    /// That the spans of the request's trace are exported: the flag that W3C Trace Context section
    /// 3.2.2.5 gives them.
    package mutating func appendSampledFlag() {
        bytes.append(addingCapacity: 24) { $0.append(",\"trace_flags\":\"01\"") }
    }

    /// What made a prediction, and the digits of its id.
    package mutating func append(model: borrowing LogMembers, predictionID: Span<UInt8>) {
        bytes.append(addingCapacity: model.bytes.count + 32 + predictionID.count) { output in
            output.append(model.bytes.span)
            output.append(",\"prediction_id\":\"")
            output.append(predictionID)
            output.append(0x22)
        }
    }

    private static func appendName(_ name: StaticString, to output: inout OutputSpan<UInt8>) {
        output.append(",\"")
        output.append(name)
        output.append("\":")
    }

    /// Bytes that are no visible ASCII are written as the code point of the same number, so that
    /// the line stays text whatever a client sent.
    private static func append(_ value: Span<UInt8>, to output: inout OutputSpan<UInt8>) {
        if value.bytes.isPlainJSON() {
            output.append(value)
            return
        }
        for index in value.indices {
            let byte = value[index]
            switch byte {
            case 0x22, 0x5C:
                output.append(0x5C)
                output.append(byte)
            case 0x20...0x7E: output.append(byte)
            default:
                output.append("\\u00")
                output.append(hexadecimal: byte >> 4)
                output.append(hexadecimal: byte & 0xF)
            }
        }
    }
}

extension OutputSpan<UInt8> {
    fileprivate mutating func append(hexadecimal digit: UInt8) {
        append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
}
