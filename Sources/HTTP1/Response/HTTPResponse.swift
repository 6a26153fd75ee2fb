// SPDX-License-Identifier: Apache-2.0

/// An answer being made; reused from request to request, keeping its buffers.
package struct HTTPResponse: Sendable {
    package enum ContentType: Sendable {
        case json, problemJSON, prometheusText, openMetrics, html, css, javascript

        package var value: StaticString {
            switch self {
            case .json: "application/json"
            case .problemJSON: "application/problem+json"
            case .prometheusText: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            case .html: "text/html; charset=utf-8"
            case .css: "text/css; charset=utf-8"
            case .javascript: "text/javascript; charset=utf-8"
            }
        }

        /// The request fields that choose among what might be sent instead (RFC 9110 section
        /// 12.5.5): any body may be coded, and a scrape comes in two formats.
        var vary: StaticString {
            switch self {
            case .json, .problemJSON, .html, .css, .javascript: "Accept-Encoding"
            case .prometheusText, .openMetrics: "Accept, Accept-Encoding"
            }
        }

        var mediaType: MediaType {
            switch self {
            case .json: MediaType(type: "application", subtype: "json")
            case .problemJSON: MediaType(type: "application", subtype: "problem+json")
            case .prometheusText: MediaType(type: "text", subtype: "plain", version: "0.0.4")
            case .openMetrics:
                MediaType(type: "application", subtype: "openmetrics-text", version: "1.0.0")
            case .html: MediaType(type: "text", subtype: "html")
            case .css: MediaType(type: "text", subtype: "css")
            case .javascript: MediaType(type: "text", subtype: "javascript")
            }
        }
    }

    package var status = HTTPStatus.ok
    package var contentType = ContentType.json
    package var body: [UInt8] = []
    /// Index of the route's label in metrics; 0 where no route matched.
    package var route = 0
    /// Whether the connection is given up after this answer.
    package var closesConnection = false
    /// What the application adds to the request's line in the access log; of use if the request is
    /// logged or its status is 500 or above.
    package var log = LogMembers()
    /// Further field lines, each with its line end.
    private(set) var fields: [UInt8] = []

    package init() {}

    package mutating func reset() {
        status = .ok
        contentType = .json
        body.removeAll(keepingCapacity: true)
        route = 0
        closesConnection = false
        if !log.isEmpty { log.removeAll() }
        fields.removeAll(keepingCapacity: true)
    }

    /// Adds a field line. Bytes that a field value must not hold are left out, so that no value can
    /// end its line (RFC 9110 section 5.5).
    package mutating func appendField(_ name: StaticString, _ value: Span<UInt8>) {
        let isClean = value.bytes.isFieldValue(0..<value.count)
        fields.append(addingCapacity: name.utf8CodeUnitCount + value.count + 4) { fields in
            fields.append(name)
            fields.append(": ")
            if isClean {
                fields.append(value)
            } else {
                for index in value.indices where ByteClass.isFieldValue(value[index]) {
                    fields.append(value[index])
                }
            }
            fields.append("\r\n")
        }
    }

    package mutating func appendField(_ name: StaticString, _ value: StaticString) {
        fields.append(addingCapacity: name.utf8CodeUnitCount + value.utf8CodeUnitCount + 4) {
            $0.append(name)
            $0.append(": ")
            $0.append(value)
            $0.append("\r\n")
        }
    }

    /// - Parameter number: not negative.
    package mutating func appendField(_ name: StaticString, _ number: Int) {
        fields.append(addingCapacity: name.utf8CodeUnitCount + 24) {
            $0.append(name)
            $0.append(": ")
            $0.append(decimal: max(0, number))
            $0.append("\r\n")
        }
    }

    package mutating func appendField(_ name: StaticString, text value: String) {
        let bytes = Array(value.utf8)
        appendField(name, bytes.span)
    }
}
