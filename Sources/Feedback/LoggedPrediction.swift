// SPDX-License-Identifier: Apache-2.0

/// An answer that waits for its label.
package struct LoggedPrediction: Equatable, Sendable {
    /// 32 hexadecimal digits.
    package let id: String
    /// Milliseconds since 1970.
    package let at: Int64
    package let model: String
    package let version: Int
    package let arm: String
    /// The sticky key as it came. It is stored as an HMAC only: what is read back has none.
    package let key: [UInt8]?
    /// The key's place in the rollout, under the rollout's salt.
    package let keyHash: UInt64
    package let isSticky: Bool
    package let rollout: Int?
    package let output: LoggedOutput
    /// The other version's answer to the same request, where both were computed.
    package let other: LoggedOutput?
    package let otherVersion: Int?
    /// A JSON object of the features that may be kept.
    package let features: String?
    /// The probability with which the request came to this arm.
    package let share: Double

    package init(
        id: String, at: Int64, model: String, version: Int, arm: String, key: [UInt8]? = nil,
        keyHash: UInt64 = 0, isSticky: Bool = false, rollout: Int? = nil, output: LoggedOutput,
        other: LoggedOutput? = nil, otherVersion: Int? = nil, features: String? = nil,
        share: Double = 1
    ) {
        self.id = id
        self.at = at
        self.model = model
        self.version = version
        self.arm = arm
        self.key = key
        self.keyHash = keyHash
        self.isSticky = isSticky
        self.rollout = rollout
        self.output = output
        self.other = other
        self.otherVersion = otherVersion
        self.features = features
        self.share = share
    }
}
