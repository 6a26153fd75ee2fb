// SPDX-License-Identifier: Apache-2.0

/// Why bytes could not be decompressed or compressed.
package enum GzipError: Error, Equatable, Sendable {
    /// The stream ends before its last block or its check value.
    case truncated
    /// Not a gzip stream (RFC 1952), or a check value does not match; zlib's own words.
    case malformed(String)
    /// The contents are larger than the caller allows.
    case tooLarge(byteCountMax: Int)
    /// The contents are larger, in proportion to the stream, than the caller allows.
    case ratioTooLarge(ratioMax: Int)
    case tooManyMembers(memberCountMax: Int)
    case outOfMemory
}
