// SPDX-License-Identifier: Apache-2.0
import Models

extension Output {
    /// The same but for the link, but for the threshold, or both.
    ///
    /// - Returns: `nil` when they do not fit the task.
    func with(link: Link? = nil, threshold: Double? = nil) -> Output? {
        Output(
            task, link: link ?? self.link, threshold: threshold ?? self.threshold,
            divisor: divisor)
    }
}
