// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// What of a problem goes over the wire.
struct ProblemWire {
    let status: HTTPStatus
    /// The last part of `type`, stable for programs to compare.
    let slug: String
    let title: String
    let detail: String
    /// JSON path (RFC 9535) of the value at fault.
    var path: String?
}

extension ProblemWire {
    init(
        _ status: HTTPStatus, _ slug: String, _ title: String, _ detail: String,
        _ path: String? = nil
    ) {
        self.init(status: status, slug: slug, title: title, detail: detail, path: path)
    }
}
