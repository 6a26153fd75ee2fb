// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Models
import Synchronization
import Training

/// What learning alone has cost, without reading and judging.
final class LearningCost: Sendable {
    private struct Measured {
        var seconds = 0.0
        var peakBytes: Int?
    }

    private let measured = Mutex(Measured())

    /// By how much memory grew, resident at its peak; `nil` where the kernel does not tell.
    var json: JSONValue {
        let measured = measured.withLock(\.self)
        return [
            "seconds": .number(measured.seconds),
            "peak_bytes": measured.peakBytes.map { .integer($0) } ?? .null,
        ]
    }

    fileprivate func set(seconds: Double, peakBytes: Int?) {
        measured.withLock { $0 = Measured(seconds: seconds, peakBytes: peakBytes) }
    }
}

/// Another learner, watched.
struct MeasuredLearner: Learner {
    let learner: any Learner
    let cost: LearningCost

    var record: [JSONValue.Member] { learner.record }

    func learn(
        _ data: Dataset, output: Output, progress: LearningProgress
    ) throws(TrainingError) -> Learnt {
        Self.resetPeak()
        let before = Self.bytes(of: "VmRSS:")
        let clock = ContinuousClock()
        let start = clock.now
        let learnt = try learner.learn(data, output: output, progress: progress)
        let duration = (clock.now - start).components
        let peak = Self.bytes(of: "VmHWM:")
        cost.set(
            seconds: Double(duration.seconds) + Double(duration.attoseconds) * 1e-18,
            peakBytes: before.flatMap { before in peak.map { max(0, $0 - before) } })
        return learnt
    }

    /// Lets the kernel's high-water mark begin anew: proc_pid_clear_refs(5).
    private static func resetPeak() {
        let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, "5", 1)
        close(descriptor)
    }

    /// A line of proc_pid_status(5), which counts in units of 1024 bytes.
    private static func bytes(of name: String) -> Int? {
        guard let file = try? SourceFile(path: "/proc/self/status") else { return nil }
        for line in String(decoding: file.bytes, as: UTF8.self).split(separator: "\n")
        where line.hasPrefix(name) {
            let words = line.split { $0 == " " || $0 == "\t" }
            return words.count > 1 ? Int(words[1]).map { $0 * 1024 } : nil
        }
        return nil
    }
}
