// SPDX-License-Identifier: Apache-2.0
import Feedback
import HTTP1
import JSON
import Registry

/// The routes of labels: `POST /feedback` and what the labels say.
extension Service {
    private static let labelsMax = 10_000
    /// Beyond it the square of a value is no number, and nor is any mean that it was counted in.
    private static let worthMax = 1e100
    /// Until the end of the year 9999, in milliseconds since 1970.
    private static let moments = 0...253_402_300_799_999

    func answerFeedback(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, _ coding: ResponseCoding
    ) throws(Problem) -> HTTPDisposition {
        guard let feedback = context.feedback else { throw .noFeedbackStore }
        try checkIsJSON(request, message)
        guard feedback.enter(byteCount: request.body.count) else {
            throw .overloaded(retryAfterSeconds: 1)
        }
        let text = body(of: request, message)
        let requestID = requestID
        return .deferred(
            HTTPWork(waiting: { response in
                defer { feedback.leave(byteCount: text.count) }
                do throws(Problem) {
                    let labels = try Self.labels(text)
                    let receipt: FeedbackReceipt
                    do throws(FeedbackError) {
                        receipt = try feedback.submit(labels)
                    } catch {
                        throw .feedbackStoreUnavailable(error.description)
                    }
                    response.append(receipt.json)
                    coding.apply(to: &response)
                } catch {
                    response.set(error, requestID: requestID.span)
                }
            }))
    }

    func answerQuality(
        of model: String, _ coding: ResponseCoding
    ) throws(Problem) -> HTTPDisposition {
        guard let feedback = context.feedback else { throw .noFeedbackStore }
        return express(coding) { feedback.quality.document(of: model) }
    }

    /// One label, or `{"labels": [ … ]}`.
    private static func labels(_ text: [UInt8]) throws(Problem) -> [Label] {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue(parsing: text.span)
        } catch {
            throw .input(.json(error, path: "$"))
        }
        guard let members = document.members else {
            throw .input(.wrongType(expected: .object, path: "$"))
        }
        guard let list = document["labels"] else { return [try label(members, path: "$")] }
        guard members.count == 1, let elements = list.array else {
            throw .malformedLabel("'labels' is a list, and has nothing beside it", path: "$.labels")
        }
        guard !elements.isEmpty, elements.count <= labelsMax else {
            throw .malformedLabel("1 to \(labelsMax) labels at once", path: "$.labels")
        }
        var labels: [Label] = []
        for (index, element) in elements.enumerated() {
            let path = "$.labels[\(index)]"
            guard let members = element.members else {
                throw .input(.wrongType(expected: .object, path: path))
            }
            labels.append(try label(members, path: path))
        }
        return labels
    }

    private static func label(
        _ members: [JSONValue.Member], path: String
    ) throws(Problem) -> Label {
        var id: String?
        var truth: LabelValue?
        var worth: Double?
        var observedAt: Int64?
        var slice: String?
        for member in members {
            switch (member.name, member.value) {
            case ("prediction_id", .string(let text)) where isIdentifier(text): id = text
            case ("label", .string(let text)): truth = .text(text)
            case ("label", .boolean(let flag)): truth = .text(flag ? "true" : "false")
            case ("label", .integer(let number)): truth = .number(Double(number))
            case ("label", .number(let number)): truth = .number(number)
            case ("value", .integer), ("value", .number):
                guard let number = member.value.number, abs(number) <= worthMax else {
                    throw .malformedLabel("from -1e100 to 1e100", path: "\(path).value")
                }
                worth = number
            case ("observed_at", .string(let text)):
                guard let moment = Timestamp(text).map({ Int64($0.milliseconds) }) else {
                    throw .malformedLabel("a time by RFC 3339", path: "\(path).observed_at")
                }
                observedAt = moment
            case ("observed_at", let value)
            where value.wholeNumber.map(moments.contains) == true:
                observedAt = value.wholeNumber.map(Int64.init)
            case ("slice", .string(let text)) where text.utf8.count <= 64 && !text.isEmpty:
                slice = text
            case ("prediction_id", _):
                throw .malformedLabel("32 hexadecimal digits", path: "\(path).prediction_id")
            case ("label", _), ("value", _), ("observed_at", _), ("slice", _):
                throw .malformedLabel("not a value of that", path: "\(path).\(member.name)")
            default: throw .input(.unknownMember(path: "\(path)['\(member.name)']"))
            }
        }
        guard let id else { throw .malformedLabel("is missing", path: "\(path).prediction_id") }
        guard let truth else { throw .malformedLabel("is missing", path: "\(path).label") }
        return Label(
            predictionID: id, label: truth, value: worth, observedAt: observedAt, slice: slice)
    }

    private static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count == 32
            && text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }
    }
}

extension FeedbackReceipt {
    fileprivate var json: JSONValue {
        [
            "accepted": .integer(accepted), "joined": .integer(joined.count),
            "waiting": .integer(waiting), "duplicates": .integer(duplicates),
            "conflicts": .array(conflictingIDs.map { .string($0) }),
            "expired": .integer(expired), "refused": .integer(refused),
        ]
    }
}
