// SPDX-License-Identifier: Apache-2.0
import Importing
import Models

/// What is imported is a whole model: it computes rows of every kind of value, and its artifact
/// reads back as the same model, which proves its golden rows. A second time gives the same bytes.
func checkImport(_ format: ForeignFormat, _ bytes: [UInt8]) {
    _ = ForeignFormat.detect(bytes)
    guard let imported = try? format.model(from: bytes) else { return }
    check(!imported.goldenRecords.isEmpty, "no golden records")
    for value in [0, -1, 1e300, .infinity, -.infinity, Double.nan] {
        let row = [Double](repeating: value, count: imported.schema.count)
        var margins: [Double] = []
        imported.kind.appendMargins(of: row.span, to: &margins)
        check(margins.count == imported.output.marginCount, "margins that do not fit the output")
    }
    // None where no row has a finite answer.
    guard let model = imported.model else { return }
    guard let again = try? Model(artifact: model.artifact) else {
        return check(false, "an artifact that cannot be read")
    }
    check(again.kind == model.kind && again.schema == model.schema, "another model")
    check((try? again.verifyGoldenRows()) != nil, "golden rows that are not reproduced")
    let second = try? format.model(from: bytes)
    check(second?.model?.artifact == model.artifact, "imported again, it is another artifact")
}
