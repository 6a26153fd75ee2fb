// SPDX-License-Identifier: Apache-2.0

/// What a request's Accept-Encoding leaves to choose for the answer (RFC 9110 section 12.5.3).
package enum AcceptedCoding: Equatable, Sendable {
    /// The body as it is.
    case identity
    /// gzip where it is worth while, or the body as it is.
    case gzip
    /// gzip in any case.
    case gzipOnly
    /// Neither.
    case none

    /// A field that does not keep to the grammar says nothing, as does an absent one.
    package init(_ request: borrowing HTTPRequest, in message: Span<UInt8>) {
        guard request.hasSeen(.acceptEncoding) else {
            self = .identity
            return
        }
        // What programs send whose users said nothing, and many do, is not taken apart.
        if let value = request[.acceptEncoding], message.bytes.isUsualAcceptEncoding(value) {
            self = .gzip
            return
        }
        self = Weights(of: request, in: message)?.verdict ?? .identity
    }

    /// In thousandths; `nil` for what is not named. Of a coding named twice the first one counts.
    private struct Weights {
        private var gzip: Int?
        private var identity: Int?
        private var any: Int?

        init?(of request: borrowing HTTPRequest, in message: Span<UInt8>) {
            var lines = HTTPFieldLines(.acceptEncoding, of: request)
            while let line = lines.next(in: message) {
                var cursor = FieldCursor(line)
                while cursor.hasElement(in: message) {
                    guard let name = cursor.token(in: message),
                        let weight = cursor.weight(in: message), cursor.endsElement(in: message)
                    else { return nil }
                    insert(name, weight, message)
                }
            }
        }

        private mutating func insert(_ name: Range<Int>, _ weight: Int, _ bytes: Span<UInt8>) {
            if bytes.bytes.isGzip(name) {
                gzip = gzip ?? weight
            } else if bytes.bytes.equalsIgnoringCase("identity", name) {
                identity = identity ?? weight
            } else if name.count == 1, bytes[name.lowerBound] == 0x2A {
                any = any ?? weight
            }
        }

        /// gzip must be named, or covered by `*`. The body as it is may be had unless it is
        /// excluded, but where it is not named gzip comes before it.
        var verdict: AcceptedCoding {
            let gzip = gzip ?? any ?? 0
            let identity = identity ?? any
            if identity == 0 { return gzip > 0 ? .gzipOnly : .none }
            return gzip > 0 && gzip >= identity ?? 0 ? .gzip : .identity
        }
    }
}

extension RawSpan {
    fileprivate func isUsualAcceptEncoding(_ value: Range<Int>) -> Bool {
        switch value.count {
        case 4: equalsIgnoringCase("gzip", value)
        case 13: equalsIgnoringCase("gzip, deflate", value)
        default: false
        }
    }
}
