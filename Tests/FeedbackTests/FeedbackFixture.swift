// SPDX-License-Identifier: Apache-2.0
import Feedback
import Foundation
import Synchronization
import Testing

/// A store in a folder of its own, by a clock that the test sets.
final class FeedbackFixture {
    final class Clock: Sendable {
        private let milliseconds = Atomic<Int64>(1_800_000_000_000)

        var now: Int64 { milliseconds.load(ordering: .relaxed) }
        func advance(seconds: Int64) { milliseconds.add(seconds * 1000, ordering: .relaxed) }
    }

    let folder: String
    let clock = Clock()

    init() throws {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var path: String { folder + "/feedback" }

    func open(
        _ limits: FeedbackStore.Limits = FeedbackStore.Limits(), server: String = "a"
    ) throws -> FeedbackStore {
        try FeedbackStore(path: path, server: server, limits: limits, now: { [clock] in clock.now })
    }

    func bytes() throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(filePath: path))) }

    /// Scattered, as real ones are.
    static func id(_ number: Int) -> String {
        var word = UInt64(number)
        return (0..<2).map { _ in
            word = (word ^ word >> 30 ^ 0x9E37_79B9_7F4A_7C15) &* 0xBF58_476D_1CE4_E5B9
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    func prediction(
        _ number: Int, key: String? = nil, at: Int64? = nil, features: String? = nil
    ) -> LoggedPrediction {
        LoggedPrediction(
            id: Self.id(number), at: at ?? clock.now, model: "adult", version: 4, arm: "candidate",
            key: key.map { Array($0.utf8) }, keyHash: .max - UInt64(number),
            isSticky: key != nil, rollout: 7,
            output: .probabilities(label: ">50K", [0.25, 0.75]),
            other: .probabilities(label: "<=50K", [0.6, 0.4]), otherVersion: 3,
            features: features, share: 0.05)
    }

    static func label(
        _ number: Int, _ text: String = ">50K", value: Double? = nil, observedAt: Int64? = nil
    ) -> Label {
        Label(
            predictionID: id(number), label: .text(text), value: value, observedAt: observedAt,
            slice: "women")
    }
}

func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    Data(bytes).range(of: Data(part)) != nil
}
