// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

extension Registry {
    /// GRDB takes and gives blobs as Foundation's `Data`; nothing else here needs Foundation.
    static func blob(_ bytes: UnsafeRawBufferPointer) -> DatabaseValue {
        Data(bytes).databaseValue
    }

    static func bytes(_ row: Row, _ column: String) throws -> [UInt8] {
        let blob: Data = try row.decode(forColumn: column)
        return [UInt8](blob)
    }
}
