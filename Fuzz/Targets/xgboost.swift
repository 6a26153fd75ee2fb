// SPDX-License-Identifier: Apache-2.0
import Importing

/// A model file: XGBoost JSON or UBJSON.
@c(LLVMFuzzerTestOneInput)
func fuzzXGBoost(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    checkImport(.xgboost, ExactBytes.input(data, count))
    return 0
}
