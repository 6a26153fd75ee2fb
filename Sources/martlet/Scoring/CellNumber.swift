// SPDX-License-Identifier: Apache-2.0

/// Numbers as tables hold them: decimal, with blanks around them, and the words that Python and R
/// write for what is not finite.
enum CellNumber {
    /// `nil` where the cell is no number; NaN, a missing value, for blanks alone.
    static func read(_ cell: ArraySlice<UInt8>) -> Double? {
        var cell = cell
        while let last = cell.last, isBlank(last) { cell.removeLast() }
        cell = cell.drop(while: isBlank)
        let text = String(decoding: cell, as: UTF8.self)
        // Swift would read hexadecimal and payloads of NaN as well, and stop at a NUL.
        if cell.allSatisfy(isOfDecimals) { return text.isEmpty ? .nan : Double(text) }
        return switch text.lowercased() {
        case "nan", "+nan", "-nan": .nan
        case "inf", "+inf", "infinity", "+infinity": .infinity
        case "-inf", "-infinity": -.infinity
        default: nil
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Digits, signs, the point, and `e`.
    private static func isOfDecimals(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || byte == 0x2B || byte == 0x2D || byte == 0x2E || byte | 0x20 == 0x65
    }
}
