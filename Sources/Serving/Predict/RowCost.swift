// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Telemetry

/// What a row of a version costs to answer, once it is read: to predict and to write.
struct RowCost: Sendable {
    struct Part: Sendable {
        let nanoseconds: Double
        /// Of the answer.
        let byteCount: Double
    }

    let plain: Part
    /// With what each feature contributed.
    let explained: Part

    static let zero = RowCost(
        plain: Part(nanoseconds: 0, byteCount: 0), explained: Part(nanoseconds: 0, byteCount: 0))

    func nanoseconds(rowCount: Int, explains: Bool, _ coding: ResponseCoding? = nil) -> Double {
        let part = explains ? explained : plain
        let byteCount = Int(Double(rowCount) * part.byteCount)
        return Double(rowCount) * part.nanoseconds
            + (coding?.nanoseconds(byteCount: byteCount) ?? 0)
    }
}

/// Measuring.
extension RowCost {
    private static let rowCount = 16

    init(measuring served: ServedModel) {
        plain = Self.measure(served, explains: false)
        explained = served.model.isExplainable ? Self.measure(served, explains: true) : plain
    }

    /// The median over a few answers to the version's golden rows, which are known to be readable
    /// and to have answers.
    private static func measure(_ served: ServedModel, explains: Bool) -> Part {
        let golden = served.model.goldenRows
        var text: [UInt8] = []
        let document: JSONValue = [
            "instances": .array((0..<rowCount).map { golden[$0 % golden.count].record }),
            "explain": .boolean(explains),
        ]
        document.append(to: &text)
        var request = PredictRequest()
        try? request.read(text.span, schema: served.model.schema)
        var scratch = PredictionScratch()
        var body: [UInt8] = []
        let times = (0..<9).map { _ -> UInt64 in
            body.removeAll(keepingCapacity: true)
            let start = MonotonicClock.nanoseconds()
            try? Prediction.append(
                request, served, served.answerTail, Identifier(high: 0, low: 0), &scratch,
                to: &body)
            return MonotonicClock.nanoseconds() - start
        }
        return Part(
            nanoseconds: Double(times.sorted()[times.count / 2]) / Double(rowCount),
            byteCount: Double(body.count) / Double(rowCount))
    }
}
