// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Zlib

/// Gzip for answers that are large enough, where the client takes it (RFC 9110 section 8.4.1.3).
struct ResponseCoding: Sendable {
    /// zlib's fastest: on answers of this server within a fifth of the size that level 6 reaches,
    /// in a third of its time.
    private static let level = 1
    /// What a byte of an answer costs at that level, at most: 3 to 5 were measured for answers of 1
    /// to 280 KiB, zlib's state included.
    private static let byteNanoseconds = 5.0

    private let byteCountMin: Int?
    /// Whether the client takes the body neither coded nor as it is.
    let isRuledOut: Bool

    /// - Parameter smallest: bodies of fewer bytes are sent as they are, if the client lets them.
    ///   Below about a packet's size there is nothing to gain.
    init(_ accepted: AcceptedCoding, smallest: Int) {
        isRuledOut = accepted == .none
        switch accepted {
        case .identity, .none: byteCountMin = nil
        case .gzip: byteCountMin = smallest > 0 ? smallest : nil
        case .gzipOnly: byteCountMin = 0
        }
    }

    func applies(to response: borrowing HTTPResponse) -> Bool {
        guard let byteCountMin, response.status == .ok else { return false }
        return response.body.count >= byteCountMin
    }

    /// How long it takes to code so many bytes of JSON, most of them digits; 0 for what is not.
    func nanoseconds(byteCount: Int) -> Double {
        guard let byteCountMin, byteCount >= byteCountMin else { return 0 }
        return Double(byteCount) * Self.byteNanoseconds
    }

    /// Codes an answer that a loop has made. Where there is no room for the work the answer is sent
    /// as it is, unless the client has ruled that out.
    func deferred(_ response: borrowing HTTPResponse, requestID: [UInt8]) -> HTTPDisposition {
        let work = HTTPWork(
            predictedNanoseconds: nanoseconds(byteCount: response.body.count),
            deadlineNanoseconds: nil
        ) { response in
            apply(to: &response)
            return .answered
        } refuse: { refusal, response in
            guard byteCountMin == 0, case .overloaded(let seconds) = refusal else { return }
            response.set(.overloaded(retryAfterSeconds: seconds), requestID: requestID.span)
        }
        return .deferred(work)
    }

    /// Codes the body, if this applies and it becomes smaller or must be.
    func apply(to response: inout HTTPResponse) {
        var room: [UInt8] = []
        apply(to: &response, leaving: &room)
    }

    /// The same.
    ///
    /// - Parameter room: gets the body as it was, if that is not sent.
    func apply(to response: inout HTTPResponse, leaving room: inout [UInt8]) {
        guard applies(to: response),
            let coded = try? Gzip.compress(response.body, level: Self.level),
            coded.count < response.body.count || byteCountMin == 0
        else { return }
        swap(&response.body, &room)
        response.body = coded
        response.appendField("Content-Encoding", "gzip")
    }
}
