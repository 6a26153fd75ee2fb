// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

extension Registry {
    /// GRDB takes and gives blobs as Foundation's `Data`; nothing else here needs Foundation.
    static func blob(_ bytes: UnsafeRawBufferPointer) -> DatabaseValue {
        Data(bytes).databaseValue
    }

    static func bytes(_ row: Row, _ column: String) -> [UInt8] {
        let blob: Data = row[column]
        return [UInt8](blob)
    }
}
