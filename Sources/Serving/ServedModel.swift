// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON
import Models

/// A version that has proved itself, with what its answers need ready at hand.
final class ServedModel: Sendable {
    let name: String
    let version: Int
    let digest: String
    let model: Model
    /// What a row costs to answer, measured when the version was loaded.
    let rowCost: RowCost
    let instruments: ModelInstruments
    /// Where its rows are counted; `nil` where it is not watched for drift.
    let drift: DriftTally?
    /// For each label, what an answer that predicts it begins with:
    /// `"prediction":"…","probabilities":{`.
    let predictionStarts: [[UInt8]]
    /// Each label as the name of a member, `"…":`, with the comma before it.
    let probabilityStarts: [[UInt8]]
    /// What both take with all probabilities and the closing brace.
    let probabilitiesByteCountMax: Int
    /// `,"model":"…","model_version":…,"prediction_id":"`.
    let answerTail: [UInt8]
    /// What the access log says of it: model and version.
    let logMembers: LogMembers

    init(
        name: String, version: Int, digest: String, model: Model, rowCost: RowCost,
        instruments: ModelInstruments, drift: DriftTally? = nil
    ) {
        self.name = name
        self.version = version
        self.digest = digest
        self.model = model
        self.rowCost = rowCost
        self.instruments = instruments
        self.drift = drift
        predictionStarts = model.output.labels.map { label in
            var text: [UInt8] = []
            text.append("\"prediction\":")
            text.appendJSON(label)
            text.append(",\"probabilities\":{")
            return text
        }
        probabilityStarts = model.output.labels.enumerated().map { index, label in
            var text: [UInt8] = index == 0 ? [] : [0x2C]
            text.appendJSON(label)
            text.append(0x3A)
            return text
        }
        probabilitiesByteCountMax =
            (predictionStarts.map(\.count).max() ?? 0) + 1
            + probabilityStarts.reduce(0) {
                $0 + $1.count + OutputSpan<UInt8>.numberByteCountMax
            }
        answerTail = Self.answerTail(name, version, arm: nil)
        var members = LogMembers()
        members.append("model", name)
        members.append("version", version)
        logMembers = members
    }

    /// `,"model":"…","model_version":…,"prediction_id":"`, with the arm before the identifier where
    /// there is one.
    static func answerTail(_ name: String, _ version: Int, arm: String?) -> [UInt8] {
        var tail: [UInt8] = []
        tail.append(",\"model\":")
        tail.appendJSON(name)
        tail.append(",\"model_version\":")
        tail.appendJSON(version)
        if let arm {
            tail.append(",\"arm\":")
            tail.appendJSON(arm)
        }
        tail.append(",\"prediction_id\":\"")
        return tail
    }

    /// Whether the version still answers its first golden row as the trainer saw it.
    func passesLivePrediction() -> Bool {
        (try? model.verifyGoldenRow(0)) != nil
    }
}
