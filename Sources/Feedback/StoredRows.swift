// SPDX-License-Identifier: Apache-2.0
import GRDB

/// A label as its row has it.
struct StoredLabel {
    let label: Label
    let receivedAt: Int64
    let isWaiting: Bool

    init(row: Row, id: PredictionID) throws {
        let text: String? = try row.decode(forColumn: "text")
        let number: Double? = try row.decode(forColumn: "number")
        let value: LabelValue
        switch (text, number) {
        case (let text?, nil): value = .text(text)
        case (nil, let number?): value = .number(number)
        default: throw FeedbackError.corrupt(reason: "a label is not what was written")
        }
        label = Label(
            predictionID: id.text, label: value, value: try row.decode(forColumn: "value"),
            observedAt: try row.decode(forColumn: "observed_at"),
            slice: try row.decode(forColumn: "slice"))
        receivedAt = try row.decode(forColumn: "received_at")
        isWaiting = try row.decode(forColumn: "is_waiting")
    }
}

extension LoggedPrediction {
    /// - Parameter key: what the row was found by, as it has only the key's HMAC.
    init(row: Row, key: [UInt8]? = nil) throws {
        let keyHash: Int64 = try row.decode(forColumn: "key_hash")
        let share: Double? = try row.decode(forColumn: "share")
        self.init(
            id: PredictionID(bytes: try Blob.bytes(row, "id")).text,
            at: try row.decode(forColumn: "at"), model: try row.decode(forColumn: "model"),
            version: try row.decode(forColumn: "version"), arm: try row.decode(forColumn: "arm"),
            key: key, keyHash: UInt64(bitPattern: keyHash),
            isSticky: try row.decode(forColumn: "is_sticky"),
            rollout: try row.decode(forColumn: "rollout"),
            output: try LoggedOutput(bytes: try Blob.bytes(row, "output")),
            other: try Blob.optionalBytes(row, "other").map { try LoggedOutput(bytes: $0) },
            otherVersion: try row.decode(forColumn: "other_version"),
            features: try row.decode(forColumn: "features"),
            // SQLite has no NaN: it keeps NULL for it.
            share: share ?? .nan)
    }

    var withoutKey: LoggedPrediction {
        LoggedPrediction(
            id: id, at: at, model: model, version: version, arm: arm, keyHash: keyHash,
            isSticky: isSticky, rollout: rollout, output: output, other: other,
            otherVersion: otherVersion, features: features, share: share)
    }
}
