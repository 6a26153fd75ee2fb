// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// GRDB takes and gives blobs as Foundation's `Data`; nothing else here needs Foundation.
enum Blob {
    static func value(_ bytes: [UInt8]) -> DatabaseValue { Data(bytes).databaseValue }

    static func bytes(_ row: Row, _ column: String) throws -> [UInt8] {
        let blob: Data = try row.decode(forColumn: column)
        return [UInt8](blob)
    }

    static func optionalBytes(_ row: Row, _ column: String) throws -> [UInt8]? {
        let blob: Data? = try row.decode(forColumn: column)
        return blob.map { [UInt8]($0) }
    }
}
