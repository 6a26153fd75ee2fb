// SPDX-License-Identifier: Apache-2.0
import Importing

/// A model file: CatBoost JSON.
@c(LLVMFuzzerTestOneInput)
func fuzzCatBoost(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    checkImport(.catboost, ExactBytes.input(data, count))
    return 0
}
