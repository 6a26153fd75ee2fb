// SPDX-License-Identifier: Apache-2.0
import JSON
package import Telemetry

/// Finished spans as OTLP writes them in JSON: the elements of the array `spans`.
///
/// They are written when they are finished, as lines of the access log are: nothing that a span
/// names need be kept alive, the room is one buffer, and nothing is allocated once that has grown.
package struct SpanBatch: Sendable {
    /// What a span is to those around it, as OTLP numbers it.
    package enum Kind: Sendable {
        /// Within this process.
        case part
        /// Answers a request.
        case server
        /// Makes a request.
        case client

        var number: StaticString {
            switch self {
            case .part: "1"
            case .server: "2"
            case .client: "3"
            }
        }
    }

    package struct Span: Sendable {
        package let context: SpanContext
        package let kind: Kind
        /// In Unix nanoseconds.
        package let start: Int
        package let end: Int
        /// Whether what it stands for has failed by a fault of this process or of whom it asked.
        package let hasFailed: Bool

        package init(
            _ context: SpanContext, _ kind: Kind, start: Int, end: Int, hasFailed: Bool = false
        ) {
            self.context = context
            self.kind = kind
            self.start = start
            self.end = end
            self.hasFailed = hasFailed
        }
    }

    /// Elements, with commas between them.
    package private(set) var bytes: [UInt8] = []
    package private(set) var count = 0

    package init() {}

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        count = 0
    }

    package mutating func append(_ other: borrowing SpanBatch) {
        guard other.count > 0 else { return }
        if count > 0 { bytes.append(0x2C) }
        bytes.append(copying: other.bytes)
        count += other.count
    }

    /// - Parameters:
    ///   - name: without anything that JSON escapes.
    ///   - detail: the same, of the name; a space goes before it.
    ///   - state: the trace's `tracestate`, as text of a JSON string.
    ///   - describe: adds attributes.
    package mutating func append(
        _ span: Span, name: StaticString, detail: String? = nil,
        state: [UInt8] = [],
        _ describe: (inout SpanAttributes) -> Void
    ) {
        if count > 0 { bytes.append(0x2C) }
        count += 1
        appendContext(span.context, state)
        bytes.append("\"name\":\"")
        bytes.append(name)
        if let detail {
            bytes.append(0x20)
            bytes.append(contentsOf: detail.utf8)
        }
        bytes.append("\",\"kind\":")
        bytes.append(span.kind.number)
        // Numbers of 64 bits are strings (protobuf's JSON mapping).
        bytes.append(",\"startTimeUnixNano\":\"")
        bytes.appendJSON(max(0, span.start))
        bytes.append("\",\"endTimeUnixNano\":\"")
        bytes.appendJSON(max(0, span.start, span.end))
        bytes.append("\",\"attributes\":[")
        // Taken out meanwhile, so that it is not copied.
        var attributes = SpanAttributes()
        swap(&attributes.bytes, &bytes)
        describe(&attributes)
        swap(&attributes.bytes, &bytes)
        bytes.append(span.hasFailed ? "],\"status\":{\"code\":2}}" : "],\"status\":{}}")
    }

    /// `{"traceId":…,` up to the comma before the name. The flags say that the span is sampled, and
    /// whether its parent is known to be another process's.
    private mutating func appendContext(
        _ context: SpanContext, _ state: [UInt8]
    ) {
        bytes.append("{\"traceId\":\"")
        context.traceID.append(to: &bytes)
        bytes.append("\",\"spanId\":\"")
        Identifier.append(half: context.spanID, to: &bytes)
        switch context.parent {
        case .none: bytes.append("\",\"flags\":257,")
        case .local(let id): appendParent(id, "257")
        case .remote(let id): appendParent(id, "769")
        }
        guard !state.isEmpty else { return }
        bytes.append("\"traceState\":\"")
        bytes.append(copying: state)
        bytes.append("\",")
    }

    private mutating func appendParent(_ id: UInt64, _ flags: StaticString) {
        bytes.append("\",\"parentSpanId\":\"")
        Identifier.append(half: id, to: &bytes)
        bytes.append("\",\"flags\":")
        bytes.append(flags)
        bytes.append(0x2C)
    }
}

/// The attributes of a span while they are written.
package struct SpanAttributes {
    fileprivate(set) var bytes: [UInt8] = []
    private var isFirst = true

    /// - Parameter value: holds nothing that JSON escapes.
    package mutating func add(_ key: StaticString, plain value: StaticString) {
        open(key, "stringValue\":\"")
        bytes.append(value)
        bytes.append("\"}}")
    }

    package mutating func add(_ key: StaticString, _ value: String) {
        open(key, "stringValue\":")
        bytes.appendJSON(value)
        bytes.append("}}")
    }

    package mutating func add(_ key: StaticString, _ number: Int) {
        open(key, "intValue\":\"")
        bytes.appendJSON(number)
        bytes.append("\"}}")
    }

    package mutating func add(_ key: StaticString, _ id: Identifier) {
        open(key, "stringValue\":\"")
        id.append(to: &bytes)
        bytes.append("\"}}")
    }

    /// Visible ASCII, whatever a client sent.
    ///
    /// - Parameter text: of which other bytes are written as `?`.
    package mutating func add(_ key: StaticString, visible text: [UInt8]) {
        open(key, "stringValue\":\"")
        for byte in text {
            if byte == 0x22 || byte == 0x5C { bytes.append(0x5C) }
            bytes.append(0x20...0x7E ~= byte ? byte : 0x3F)
        }
        bytes.append("\"}}")
    }

    private mutating func open(_ key: StaticString, _ type: StaticString) {
        bytes.append(isFirst ? "{\"key\":\"" : ",{\"key\":\"")
        isFirst = false
        bytes.append(key)
        bytes.append("\",\"value\":{\"")
        bytes.append(type)
    }
}
