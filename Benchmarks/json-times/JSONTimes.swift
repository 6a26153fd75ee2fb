// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Models

/// Reads a prediction request's rows and writes their numbers, at the word of the script that
/// measures its peers in turn.
///
///     json-times BODY WIDTH
///
/// `BODY` is a file that holds `{"instances": [[…], …]}`. Each line of standard input is a task,
/// and is answered by a line: `read` and `write` by the nanoseconds that the thread took for all
/// rows, `rows FILE` writes what was read as row-major doubles of this machine.
struct JSONTimes {
    private let body: [UInt8]
    private let schema: FeatureSchema

    /// Memory as a server has it: used before.
    struct Buffers {
        var rows: [Double] = []
        var text: [UInt8] = []
    }

    init?(body: [UInt8], width: Int) {
        guard width > 0,
            let schema = FeatureSchema(
                (0..<width).map { Feature(name: "f\($0)", kind: .number) })
        else { return nil }
        self.body = body
        self.schema = schema
    }

    func answer(_ task: String, _ buffers: inout Buffers) -> String? {
        let words = task.split(separator: " ")
        switch words.first {
        case "read":
            let start = Self.processorNanoseconds()
            guard (try? read(to: &buffers.rows)) != nil else { return nil }
            return "\(Self.processorNanoseconds() - start)"
        case "write":
            let start = Self.processorNanoseconds()
            Self.write(buffers.rows, to: &buffers.text)
            return "\(Self.processorNanoseconds() - start)"
        case "rows":
            return words.dropFirst().first.flatMap { Self.save(buffers.rows, to: String($0)) }
        default: return nil
        }
    }

    /// As a request is read.
    private func read(to rows: inout [Double]) throws {
        let text = body.span
        rows.removeAll(keepingCapacity: true)
        var texts = RowTexts()
        var cursor = JSONCursor()
        try cursor.enter(.object, in: text)
        while try cursor.hasNext(.object, in: text) {
            _ = try cursor.name(in: text)
            try cursor.enter(.array, in: text)
            while true {
                _ = schema.appendPlainRows(&cursor, text, to: &rows)
                guard try cursor.hasNext(.array, in: text) else { break }
                try schema.appendRow(&cursor, text, to: &rows, texts: &texts)
            }
        }
        try cursor.finish(in: text)
    }

    /// An array of numbers.
    private static func write(_ rows: [Double], to text: inout [UInt8]) {
        text.removeAll(keepingCapacity: true)
        for number in rows {
            text.append(text.isEmpty ? 0x5B : 0x2C)
            text.appendJSON(number)
        }
        text.append(0x5D)
    }

    private static func save(_ rows: [Double], to path: String) -> String? {
        guard let file = fopen(path, "wb") else { return nil }
        let count = rows.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        guard fclose(file) == 0, count == rows.count * 8 else { return nil }
        return "\(rows.count)"
    }

    /// Of this thread: what else runs on the machine does not count.
    private static func processorNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
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

@main
private enum Main {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let width = Int(arguments[2]),
            let times = JSONTimes(body: contents(arguments[1]), width: width)
        else { exit(64) }
        var buffers = JSONTimes.Buffers()
        while let task = readLine() {
            guard let answer = times.answer(task, &buffers) else { exit(65) }
            puts(answer)
            fflush(nil)
        }
    }
}
