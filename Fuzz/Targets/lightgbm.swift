// SPDX-License-Identifier: Apache-2.0
import Importing

/// A model file: LightGBM text.
@c(LLVMFuzzerTestOneInput)
func fuzzLightGBM(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    checkImport(.lightgbm, ExactBytes.input(data, count))
    return 0
}
