// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Telemetry
import Testing

/// A user of whom the test knows what will turn out to be true: by a logistic curve over the first
/// of eight numbers. The last says nothing.
struct Outcome: Sendable {
    static let weight = 6.0
    static let intercept = 0.5

    let first: Double
    let last: Double
    let isYes: Bool
    /// What the server answered.
    var id = ""
    var version = 0
    var probability = 0.0
    var predictsYes = false

    init(_ draws: inout Draws) {
        first = 2 * draws.uniform() - 1
        last = (-2 * log(1 - draws.uniform())).squareRoot() * cos(2 * .pi * draws.uniform())
        isYes = draws.uniform() < Self.logistic(Self.weight * first + Self.intercept)
    }

    static func logistic(_ margin: Double) -> Double { 1 / (1 + exp(-margin)) }

    /// Of a version with this weight on the last number.
    func score(last weight: Double) -> Double {
        Self.logistic(Self.weight * first + weight * last + Self.intercept)
    }

    /// - Parameter members: of the body, such as `,"key":"a"`.
    func request(_ members: String = "") -> [UInt8] {
        let zeros = String(repeating: "0,", count: Candidate.featureCount - 2)
        let body = "{\"features\":[\(first),\(zeros)\(last)]\(members)}"
        return Self.post("/predict", body)
    }

    static func post(_ path: String, _ body: String) -> [UInt8] {
        Array(
            ("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
    }

    /// Keeps what the server answered.
    ///
    /// - Returns: whether it was a prediction.
    mutating func read(_ answer: String) -> Bool {
        func text(after word: String) -> Substring? {
            answer.firstRange(of: word).map {
                answer[$0.upperBound...].prefix { !",}\"".contains($0) }
            }
        }
        guard let id = text(after: "\"prediction_id\":\""),
            let version = text(after: "\"model_version\":").flatMap({ Int($0) }),
            let probability = text(after: "\"yes\":").flatMap({ Double($0) }),
            let prediction = text(after: "\"prediction\":\"")
        else { return false }
        self.id = String(id)
        self.version = version
        self.probability = probability
        predictsYes = prediction == "yes"
        return true
    }

    /// - Parameter members: such as `,"value":2`.
    func label(_ members: String = "") -> String {
        "{\"prediction_id\":\"\(id)\",\"label\":\"\(isYes ? "yes" : "no")\"\(members)}"
    }
}

extension [Outcome] {
    /// The area under the ROC curve by ranks, ties counting half.
    func area(_ score: (Outcome) -> Double) -> Double {
        let scored = map { (score: score($0), isYes: $0.isYes) }.sorted { $0.score < $1.score }
        var rankSum = 0.0
        var start = 0
        while start < count {
            let end = scored[start...].firstIndex { $0.score != scored[start].score } ?? count
            let rank = Double(start + end + 1) / 2
            rankSum += rank * Double(scored[start..<end].count { $0.isYes })
            start = end
        }
        let positives = Double(count { $0.isYes })
        let negatives = Double(count) - positives
        return (rankSum - positives * (positives + 1) / 2) / (positives * negatives)
    }

    func mean(_ value: (Outcome) -> Double) -> Double {
        reduce(0) { $0 + value($1) } / Double(count)
    }

    /// In ten bins of equal width.
    var calibrationError: Double {
        var gaps = [Double](repeating: 0, count: 10)
        for outcome in self {
            let bin = Swift.min(9, Int(outcome.probability * 10))
            gaps[bin] += outcome.probability - (outcome.isYes ? 1 : 0)
        }
        return gaps.reduce(0) { $0 + abs($1) } / Double(count)
    }
}

/// The same draws in each run.
struct Draws: Sendable {
    private var source: SplitMix64

    init(seed: Int) { source = SplitMix64(seed: UInt64(seed)) }

    /// From 0 to below 1.
    mutating func uniform() -> Double { Double(source.next() >> 11) * 0x1p-53 }
}
