// SPDX-License-Identifier: Apache-2.0
import CSV

/// Tells numbers, categories, identifiers, constants and prose apart.
///
/// A column of numbers is a number even with few distinct values: treating an order as one costs
/// little, forgetting it costs much. A column is text when its values average more than
/// `wordsMax` words, and an identifier when more than half of its values are distinct, or when it
/// counts its rows.
struct ColumnInference {
    let table: Table
    let missing: MissingTokens

    /// With fewer values nothing is called an identifier or a stray text.
    private static let countMin = 20
    private static let wordsMax = 4.0
    private static let numberShareMin = 0.9

    func profile(_ column: Int, _ overrides: ColumnOverrides) throws(TrainingError) -> ColumnProfile
    {
        let name = table.columnNames[column]
        if overrides.ignored.contains(name) {
            return profile(column, .ignored, 0, "as you said", .none)
        }
        if overrides.numbers.contains(name) {
            return numberProfile(column, try numbers(column))
        }
        if overrides.texts.contains(name) {
            return textProfile(
                column, try DistinctValues(table, column: column, missing: missing))
        }
        if !overrides.categories.contains(name) {
            let (numbers, strays) = numbersAndStrays(column)
            if strays.isEmpty { return inferredNumber(column, numbers) }
            try rejectStrays(column, numbers, strays)
        }
        let texts = try DistinctValues(table, column: column, missing: missing)
        if overrides.categories.contains(name) { return categoryProfile(column, texts, "") }
        return inferredText(column, texts)
    }

    /// All values as numbers.
    ///
    /// - Throws: `data` for the first that is none.
    func numbers(_ column: Int) throws(TrainingError) -> [Double] {
        let (numbers, strays) = numbersAndStrays(column)
        guard let row = strays.first else { return numbers }
        throw table.fault(row: row, column: column, objection(row, column))
    }

    /// The numbers, NaN where there is none, and the rows that hold something else.
    private func numbersAndStrays(_ column: Int) -> (numbers: [Double], strays: [Int]) {
        let text = table.text.span
        var numbers: [Double] = []
        var strays: [Int] = []
        numbers.reserveCapacity(table.rowCount)
        for row in 0..<table.rowCount {
            let range = table.field(row: row, column: column).range
            // Tokens first: a user's may look like a number, as -999 does.
            if missing.contains(text, range) {
                numbers.append(.nan)
            } else if let number = NumberText.value(text, range) {
                numbers.append(number)
            } else {
                numbers.append(.nan)
                strays.append(row)
            }
            // Half of the first rows being texts settles it.
            if row == 2 * Self.countMin, strays.count > Self.countMin { break }
        }
        return (numbers, strays)
    }

    /// A few texts in a column of numbers are mistakes in the data; guessing would hide them.
    private func rejectStrays(
        _ column: Int, _ numbers: [Double], _ strays: [Int]
    ) throws(TrainingError) {
        let numberCount = numbers.count { !$0.isNaN }
        let share = Double(numberCount) / Double(numberCount + strays.count)
        guard numberCount >= Self.countMin, share >= Self.numberShareMin else { return }
        var distinct: Set<Double> = []
        for number in numbers where !number.isNaN { distinct.insert(number) }
        guard distinct.count > Self.countMin, let row = strays.first else { return }
        let text = table.string(row: row, column: column) ?? "…"
        let name = table.columnNames[column]
        throw table.fault(
            row: row, column: column,
            objection(row, column) + " like \(numberCount) others of the column; "
                + "--missing '\(text)', --category '\(name)' or --ignore '\(name)' settle it")
    }

    private func objection(_ row: Int, _ column: Int) -> String {
        let text = table.string(row: row, column: column) ?? "…"
        let isTooLarge = Double(text).map { $0.magnitude > NumberText.magnitudeMax } ?? false
        return "'\(text)' is \(isTooLarge ? "too large a" : "not a") number"
    }

    private func inferredNumber(_ column: Int, _ numbers: [Double]) -> ColumnProfile {
        let present = numbers.filter { !$0.isNaN }
        let missingCount = numbers.count - present.count
        guard let low = present.min(), let high = present.max() else {
            return profile(column, .constant, missingCount, "every value is missing", .none)
        }
        if low == high, missingCount == 0 {
            return profile(column, .constant, 0, "always \(Self.text(low))", .none)
        }
        if isRowNumber(column, present, low, high, missingCount) {
            return profile(column, .identifier, 0, "counts or names the rows", .none)
        }
        return numberProfile(column, numbers)
    }

    /// Distinct integers that fill a range without a gap, or that are called an id.
    private func isRowNumber(
        _ column: Int, _ present: [Double], _ low: Double, _ high: Double, _ missingCount: Int
    ) -> Bool {
        guard missingCount == 0, present.count >= Self.countMin,
            present.allSatisfy({ $0.rounded() == $0 })
        else { return false }
        let name = table.columnNames[column]
        let isNamedID =
            name.lowercased() == "id" || name.hasSuffix("ID") || name.hasSuffix("Id")
            || name.lowercased().hasSuffix("_id")
        guard isNamedID || high - low == Double(present.count - 1) else { return false }
        return Set(present).count == present.count
    }

    private func inferredText(_ column: Int, _ texts: DistinctValues) -> ColumnProfile {
        let count = texts.codes.count - texts.missingCount
        let distinct = texts.values.count
        if distinct == 1, texts.missingCount == 0 {
            return profile(column, .constant, 0, "always '\(texts.values[0])'", .none)
        }
        let words = Self.wordCount(texts)
        if distinct > Self.countMin, Double(words) > Self.wordsMax * Double(distinct) {
            return textProfile(column, texts)
        }
        if count >= Self.countMin, distinct * 2 > count {
            let note = "\(distinct) values in \(count) rows" + Self.dateNote(texts, "--time")
            return profile(column, .identifier, texts.missingCount, note, .none)
        }
        return categoryProfile(column, texts, Self.dateNote(texts, "--ignore, or --time"))
    }

    /// A category of dates learns each day and nothing of the next, which nobody wants unasked.
    ///
    /// - Parameter flags: what it may be used by instead.
    private static func dateNote(_ texts: DistinctValues, _ flags: String) -> String {
        let dateCount = texts.values.count { TimeText($0) != nil }
        return Double(dateCount) > numberShareMin * Double(texts.values.count)
            ? "; looks like a date: \(flags) for folds" : ""
    }

    private func numberProfile(_ column: Int, _ numbers: [Double]) -> ColumnProfile {
        var (low, high, missingCount) = (Double.infinity, -Double.infinity, 0)
        for number in numbers {
            if number.isNaN { missingCount += 1 } else { low = min(low, number) }
            if !number.isNaN { high = max(high, number) }
        }
        let note =
            low <= high ? "\(Self.text(low)) to \(Self.text(high))" : "every value is missing"
        return profile(column, .number, missingCount, note, .numbers(numbers))
    }

    private static func wordCount(_ texts: DistinctValues) -> Int {
        texts.values.reduce(0) { $0 + $1.split(separator: " ").count }
    }

    private func textProfile(_ column: Int, _ texts: DistinctValues) -> ColumnProfile {
        let distinct = texts.values.count
        let words = Self.wordCount(texts) / max(distinct, 1)
        return profile(
            column, .text, texts.missingCount, "\(distinct) texts of about \(words) words",
            .texts(texts))
    }

    private func categoryProfile(
        _ column: Int, _ texts: DistinctValues, _ remark: String
    ) -> ColumnProfile {
        let note = texts.values.count == 1 ? "1 value" : "\(texts.values.count) values"
        return profile(column, .category, texts.missingCount, note + remark, .texts(texts))
    }

    private func profile(
        _ column: Int, _ role: ColumnProfile.Role, _ missingCount: Int, _ note: String,
        _ values: ColumnValues
    ) -> ColumnProfile {
        ColumnProfile(
            name: table.columnNames[column], role: role, missingCount: missingCount, note: note,
            column: column, values: values)
    }

    /// Without the fraction that `Double` prints for integers.
    private static func text(_ number: Double) -> String {
        number.rounded() == number && number.magnitude < 1e15 ? "\(Int(number))" : "\(number)"
    }
}
