// SPDX-License-Identifier: Apache-2.0
package import Models

/// A training set and a test set of one schema, and how the columns were read.
///
/// What is learnt about columns beyond their type (dictionaries, and later means) is learnt from
/// the training rows alone.
package struct Preparation: Sendable {
    package let train: Dataset
    package let test: Dataset
    package let output: Output
    package let profiles: [ColumnProfile]
    /// What folds go by: the training rows' groups, or the ranks of their times; none without.
    package let keys: [Int32]
    package var schema: FeatureSchema { train.schema }

    /// - Parameter testTable: `nil` to hold out a part of `table`.
    package init(
        _ table: Table, testTable: Table?, settings: PreparationSettings
    ) throws(TrainingError) {
        let inference = ColumnInference(table: table, missing: settings.missing)
        let targetColumn = try settings.target.map { name throws(TrainingError) in
            try table.column(named: name)
        }
        for name in settings.overrides.all { _ = try table.column(named: name) }
        let keyColumn = try settings.foldKey.map { key throws(TrainingError) in
            try table.column(named: key.column)
        }
        let (target, output) = try TargetReader.read(table, targetColumn, settings)
        var profiles: [ColumnProfile] = []
        for column in table.columnNames.indices
        where column != targetColumn && column != keyColumn {
            profiles.append(try inference.profile(column, settings.overrides))
        }
        let split = Self.split(target, hasTestTable: testTable != nil, settings)
        guard split.train.count >= 2, testTable != nil || !split.test.isEmpty else {
            let reason = "\(table.rowCount) rows are too few to train on and to hold out from"
            throw .data(InputFault(file: table.file, reason: reason))
        }
        let features = profiles.filter {
            $0.role.isFeature || ($0.role == .text && settings.readsTexts)
        }
        var texts = RowTexts()
        var columns: [FeatureColumn] = []
        for profile in features {
            columns.append(
                try FeatureColumn(
                    profile, trainRows: split.train, settings.categoryCountMin, &texts))
        }
        guard let schema = FeatureSchema(columns.map(\.feature)) else {
            let reason = "no column is left to learn from"
            throw .data(InputFault(file: table.file, reason: reason))
        }
        train = Dataset(
            schema: schema, rows: FeatureColumn.rows(columns, split.train), texts: texts,
            target: target.selecting(split.train))
        if let testTable {
            test = try Self.dataset(testTable, schema, output, settings)
        } else {
            test = Dataset(
                schema: schema, rows: FeatureColumn.rows(columns, split.test), texts: texts,
                target: target.selecting(split.test))
        }
        let ranks =
            try settings.foldKey.map { key throws(TrainingError) in
                try key.ranks(table, missing: settings.missing)
            } ?? []
        keys = ranks.isEmpty ? [] : split.train.map { ranks[$0] }
        self.output = output
        self.profiles = profiles
    }

    private static func split(
        _ target: Target, hasTestTable: Bool, _ settings: PreparationSettings
    ) -> DatasetSplit {
        DatasetSplit(
            strata: target.strata, fraction: hasTestTable ? 0 : settings.holdout,
            seed: settings.seed)
    }

    /// A table read with a schema that stands: columns by name, in any order, others ignored.
    private static func dataset(
        _ table: Table, _ schema: FeatureSchema, _ output: Output, _ settings: PreparationSettings
    ) throws(TrainingError) -> Dataset {
        let inference = ColumnInference(table: table, missing: settings.missing)
        var columns: [FeatureColumn] = []
        var rowTexts = RowTexts()
        for feature in schema.features {
            let column = try table.column(named: feature.name)
            switch feature.kind {
            case .number:
                columns.append(FeatureColumn(feature, try inference.numbers(column)))
            case .category(let dictionary):
                let texts = try DistinctValues(table, column: column, missing: settings.missing)
                columns.append(FeatureColumn(feature, texts, dictionary))
            case .text:
                let texts = try DistinctValues(table, column: column, missing: settings.missing)
                columns.append(FeatureColumn(feature, texts, appendingTo: &rowTexts))
            }
        }
        var target = Target.unlabelled(table.rowCount)
        if let name = settings.target {
            let column = try table.column(named: name)
            target = try TargetReader(table: table, column: column, missing: settings.missing)
                .read(as: output)
        }
        return Dataset(
            schema: schema, rows: FeatureColumn.rows(columns, Array(0..<table.rowCount)),
            texts: rowTexts, target: target)
    }
}
