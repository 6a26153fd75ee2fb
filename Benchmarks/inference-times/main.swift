// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models
import Telemetry

/// Measures a model in process, at the word of the script that measures its peers in turn.
///
///     inference-times MODEL.safetensors ROWS
///
/// `ROWS` holds row-major doubles of this machine. Each line of standard input is a task, and is
/// answered by a line: `row`, `batch` and `explain` by the time for a row, in nanoseconds of the
/// processor, with a kernel's name behind them by that kernel; `kernels` by the names of those that
/// were chosen and of all there are; `margins FILE` and `explanations FILE` write what the model
/// says, contributions of each margin before their base, and are answered by how many numbers.
struct InferenceTimes {
    let model: TreesModel
    let variants: [(kernel: String, model: TreesModel)]
    let rows: [Double]

    /// How many rows one by one, and how many explained, in a measurement.
    private static let rowCount = 4_000
    private static let explainedCount = 100

    init?(artifact: [UInt8], rows: [UInt8]) {
        guard let model = try? Model(artifact: artifact), case .trees(let trees) = model.kind else {
            return nil
        }
        self.model = trees.calibrated(by: MonotonicClock.nanoseconds)
        variants = trees.variants
        self.rows = rows.withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map {
                bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self)
            }
        }
    }

    func answer(_ task: String) -> String? {
        let words = task.split(separator: " ").map(String.init)
        guard let verb = words.first else { return nil }
        let argument = words.dropFirst().first
        let measured = variants.first { $0.kernel == argument }?.model ?? model
        switch verb {
        case "row": return "\(singly(measured))"
        case "batch": return "\(together(measured))"
        case "explain": return "\(explained())"
        case "kernels":
            let chosen = model.kernelNames
            return ([chosen.row, chosen.batch] + variants.map(\.kernel)).joined(separator: " ")
        case "margins":
            var margins: [Double] = []
            model.appendMargins(of: rows.span, to: &margins)
            return argument.flatMap { write(margins, to: $0) }
        case "explanations": return argument.flatMap { write(explanations(), to: $0) }
        default: return nil
        }
    }

    /// This thread's time: other work of the machine does not count, here or for the peers.
    private static func processorNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private func singly(_ model: TreesModel) -> Double {
        let width = model.featureCount
        let count = min(Self.rowCount, rows.count / width)
        var margins: [Double] = []
        let start = Self.processorNanoseconds()
        for row in 0..<count {
            margins.removeAll(keepingCapacity: true)
            model.appendMargins(
                of: rows.span.extracting(row * width..<(row + 1) * width), to: &margins)
        }
        return Double(Self.processorNanoseconds() - start) / Double(count)
    }

    private func together(_ model: TreesModel) -> Double {
        // Memory as a server has it: used before.
        var margins = rows
        margins.removeAll(keepingCapacity: true)
        let start = Self.processorNanoseconds()
        model.appendMargins(of: rows.span, to: &margins)
        return Double(Self.processorNanoseconds() - start)
            / Double(rows.count / model.featureCount)
    }

    private func explained() -> Double {
        let width = model.featureCount
        let count = min(Self.explainedCount, rows.count / width)
        let start = Self.processorNanoseconds()
        for row in 0..<count {
            _ = model.explanation(
                of: rows.span.extracting(row * width..<(row + 1) * width), output: 0)
        }
        return Double(Self.processorNanoseconds() - start) / Double(count)
    }

    private func explanations() -> [Double] {
        let width = model.featureCount
        return (0..<rows.count / width).flatMap { row in
            (0..<model.outputCount).flatMap { margin -> [Double] in
                let found = model.explanation(
                    of: rows.span.extracting(row * width..<(row + 1) * width), output: margin)
                return found.map { $0.contributions + [$0.base] } ?? []
            }
        }
    }

    private func write(_ numbers: [Double], to path: String) -> String? {
        guard let file = fopen(path, "wb") else { return nil }
        let count = numbers.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        guard fclose(file) == 0, count == numbers.count * 8 else { return nil }
        return "\(numbers.count)"
    }
}

private func contents(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let size = ftell(file)
    rewind(file)
    return [UInt8](unsafeUninitializedCapacity: max(0, size)) { room, count in
        count = fread(room.baseAddress, 1, room.count, file)
    }
}

private func run() -> Int32 {
    let arguments = CommandLine.arguments
    guard arguments.count == 3,
        let times = InferenceTimes(artifact: contents(arguments[1]), rows: contents(arguments[2]))
    else { return 64 }
    while let task = readLine() {
        guard let answer = times.answer(task) else { return 65 }
        puts(answer)
        fflush(nil)
    }
    return 0
}

exit(run())
