// SPDX-License-Identifier: Apache-2.0
import Importing
import Models

/// An ONNX file: it is refused, or it is a model that can be written, read, proved and asked.
@c(LLVMFuzzerTestOneInput)
func fuzzONNX(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let imported = try? ForeignFormat.onnx.model(from: ExactBytes.input(data, count)) else {
        return 0
    }
    // None of the rows may have a finite answer.
    guard let model = imported.model else { return 0 }
    guard let again = try? Model(artifact: model.artifact) else {
        check(false, "what was written cannot be read")
        return 0
    }
    // Bytes, as a threshold may be NaN, which equals nothing.
    check(again.artifact == model.artifact, "read again it is another graph")
    check((try? again.verifyGoldenRows()) != nil, "read again it answers otherwise")
    for value in [Double.nan, .infinity, -.infinity, -0.0, 1e300, 0.5] {
        let row = [Double](repeating: value, count: model.schema.count)
        var margins: [Double] = []
        model.appendMargins(of: row.span, to: &margins)
        check(margins.count == model.output.marginCount, "another number of margins")
    }
    return 0
}
