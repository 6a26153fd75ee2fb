// SPDX-License-Identifier: Apache-2.0

/// Why a text is not acceptable JSON, and at which byte.
///
/// The grammar is RFC 8259 without leniency: no comments, trailing commas, `NaN`, leading zeros or
/// byte order mark. Beyond the grammar three things are refused, because readers disagree about
/// them: duplicate member names, escapes that name half a surrogate pair, and numbers that do not
/// fit a finite `Double`.
package struct JSONError: Error, Equatable, Sendable {
    /// The rule that was broken.
    package enum Reason: String, Sendable, CaseIterable {
        case unexpectedEnd = "the text ends inside a value"
        case unexpectedByte = "this character cannot stand here"
        case trailingBytes = "something follows the value"
        case invalidNumber = "not a JSON number"
        case numberOverflow = "the number does not fit a finite double"
        case invalidEscape = "not a JSON escape"
        case loneSurrogate = "half of a surrogate pair"
        case controlCharacter = "a control character must be escaped"
        case invalidUTF8 = "not UTF-8"
        case nestedTooDeep = "nested too deep"
        case duplicateMember = "this member occurs twice"
        case wrongType = "a value of another type is expected here"
    }

    package let reason: Reason
    /// Offset of the byte at fault from the start of the text.
    package let offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}
