// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The document that a set was last described by, kept as long as the set: who asks for it again
/// and again costs a copy, not the making.
final class OpenAPICache: Sendable {
    /// What the document depends on beside the versions of its set.
    struct Key: Equatable, Sendable {
        let surface: ServiceSurface
        let guardsPredictions: Bool
        /// The models that no rollout can be begun of now.
        let busyModels: [String]
    }

    private let last = Mutex<(key: Key, text: [UInt8])?>(nil)

    /// - Parameter make: called if the last document was another; others who ask wait meanwhile.
    func text(for key: Key, _ make: () -> [UInt8]) -> [UInt8] {
        last.withLock { last in
            if let last, last.key == key { return last.text }
            let text = make()
            last = (key, text)
            return text
        }
    }
}
