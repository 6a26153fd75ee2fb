// SPDX-License-Identifier: Apache-2.0
import JSON
import Registry
import Rollout

/// Tells when labels show that a version is worse than is to be borne: once a day for each version.
///
/// Judged is accuracy, which classes have, whatever their number, and clusters; values have none.
/// Below the floor must be its whole interval, which holds at all times at once: looking again and
/// again makes no alarm of chance.
struct QualityFloor: Sendable {
    /// Of labels; fewer say nothing, as the interval is an asymptotic one.
    static let labelCountMin = 100.0

    /// The accuracy below which a version is told of; 0 for none.
    let accuracy: Double
    /// When each version was last told of: a date.
    private var days: [QualityBook.VersionName: String] = [:]

    init(accuracy: Double) { self.accuracy = accuracy }

    /// - Parameter moment: now.
    mutating func event(
        _ name: QualityBook.VersionName, _ measured: ConfidenceSequence, at moment: Timestamp
    ) -> ServiceEvent? {
        guard accuracy > 0, measured.count >= Self.labelCountMin,
            let width = measured.halfWidth(alpha: QualityBook.alpha),
            measured.mean + width < accuracy
        else { return nil }
        let day = String(moment.description.prefix(10))
        guard days.updateValue(day, forKey: name) != day else { return nil }
        return ServiceEvent(
            kind: .quality, id: "quality-\(name.model)-\(name.version)-\(day)", model: name.model,
            version: name.version, severity: .critical,
            summary: "\(name.model) version \(name.version) is right in "
                + "\(Self.percent(measured.mean)) of \(Int(measured.count)) labels, below its "
                + "floor of \(Self.percent(accuracy)).",
            at: moment.milliseconds,
            detail: [
                "measure": "accuracy", "mean": .number(measured.mean),
                "low": .number(max(0, measured.mean - width)),
                "high": .number(measured.mean + width), "floor": .number(accuracy),
                "labels": .integer(Int(measured.count)),
            ])
    }

    private static func percent(_ share: Double) -> String {
        "\((share * 1000).rounded() / 10) %"
    }
}
