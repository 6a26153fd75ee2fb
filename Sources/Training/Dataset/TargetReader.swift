// SPDX-License-Identifier: Apache-2.0
import CSV
import Models

/// Reads the column that is to be predicted; an answer may not be missing.
struct TargetReader {
    private let table: Table
    private let column: Int
    private let missing: MissingTokens

    private static let labelCountMax = 1000

    init(table: Table, column: Int, missing: MissingTokens) {
        self.table = table
        self.column = column
        self.missing = missing
    }

    /// The answers that the settings ask for, from a column that is there unless they ask for none.
    static func read(
        _ table: Table, _ column: Int?, _ settings: PreparationSettings
    ) throws(TrainingError) -> (Target, Output) {
        if case .unsupervised(let output) = settings.task {
            return (.unlabelled(table.rowCount), output)
        }
        guard let column else { throw .inconsistent("no column of answers") }
        let reader = TargetReader(table: table, column: column, missing: settings.missing)
        let task = settings.task == .inferred ? reader.inferredTask : settings.task
        guard task == .regression else {
            return try reader.classes(positive: settings.positive)
        }
        guard settings.positive == nil else {
            throw reader.fault("--positive names a class, but the model predicts a number")
        }
        return (.values(try reader.values()), .regression)
    }

    /// So many different whole numbers may still be names of classes.
    private static let numberedClassesMax = 20

    private var inferredTask: LearningTask {
        guard let numbers = try? values() else { return .classification }
        let isWhole = numbers.allSatisfy { $0.rounded() == $0 }
        return isWhole && Set(numbers).count <= Self.numberedClassesMax
            ? .classification : .regression
    }

    private func classes(positive: String?) throws(TrainingError) -> (Target, Output) {
        let texts = try labels()
        var order = texts.values.indices.sorted {
            Self.precedes(texts.values[$0], texts.values[$1])
        }
        guard order.count >= 2 else {
            throw fault("every row has the answer '\(texts.values.first ?? "")'")
        }
        guard order.count <= Self.labelCountMax, order.count * 2 <= max(table.rowCount, 4) else {
            throw tooManyClasses(order.count)
        }
        if let positive {
            guard let index = texts.values.firstIndex(of: positive) else {
                let known = order.map { "'\(texts.values[$0])'" }.joined(separator: ", ")
                throw fault("no answer '\(positive)' for --positive; there are \(known)")
            }
            guard order.count == 2 else {
                throw fault("--positive is for two classes; there are \(order.count)")
            }
            order = order.filter { $0 != index } + [index]
        }
        var codes = [Int32](repeating: 0, count: order.count)
        for (code, index) in order.enumerated() { codes[index] = Int32(code) }
        let names = order.map { texts.values[$0] }
        return (
            .labels(texts.codes.map { codes[Int($0)] }),
            names.count == 2 ? .binary(labels: names) : .multiclass(labels: names)
        )
    }

    /// Says how to predict numbers, or why they could not be read as such.
    private func tooManyClasses(_ count: Int) -> TrainingError {
        let reason = "\(count) different answers in \(table.rowCount) rows are too many classes"
        do throws(TrainingError) {
            _ = try values()
            return fault(
                reason + "; --task regression predicts numbers, with --model linear, mlp, "
                    + "boosted-trees, random-forest or extra-trees")
        } catch .data(let other) {
            return .data(
                InputFault(
                    file: other.file, line: other.line, column: other.column,
                    reason: "\(reason), and not all are numbers: \(other.reason)"))
        } catch {
            return fault(reason)
        }
    }

    /// Answers to an output that stands.
    func read(as output: Output) throws(TrainingError) -> Target {
        if case .regression = output.task { return .values(try values()) }
        let texts = try labels()
        var codes: [Int32] = []
        for value in texts.values {
            codes.append(Int32(output.labels.firstIndex(of: value) ?? -1))
        }
        if let row = texts.codes.firstIndex(where: { codes[Int($0)] < 0 }) {
            let value = texts.values[Int(texts.codes[row])]
            throw table.fault(
                row: row, column: column, "the answer '\(value)' does not occur in training")
        }
        return .labels(texts.codes.map { codes[Int($0)] })
    }

    private func values() throws(TrainingError) -> [Double] {
        let values = try ColumnInference(table: table, missing: missing).numbers(column)
        if let row = values.firstIndex(where: \.isNaN) { throw missingAnswer(row) }
        return values
    }

    private func labels() throws(TrainingError) -> DistinctValues {
        let texts = try DistinctValues(table, column: column, missing: missing)
        if let row = texts.codes.firstIndex(of: DistinctValues.missing) { throw missingAnswer(row) }
        return texts
    }

    private func missingAnswer(_ row: Int) -> TrainingError {
        table.fault(row: row, column: column, "the answer is missing; drop the row to go on")
    }

    private func fault(_ reason: String) -> TrainingError {
        .data(InputFault(file: table.file, column: table.columnNames[column], reason: reason))
    }

    /// Numbers by value and before texts, texts by their bytes: scikit-learn's order.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        switch (Double(left), Double(right)) {
        case (let a?, let b?) where a != b: a < b
        case (.some, nil): true
        case (nil, .some): false
        default: left.utf8.lexicographicallyPrecedes(right.utf8)
        }
    }
}
