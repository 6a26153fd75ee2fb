// SPDX-License-Identifier: Apache-2.0

/// Why bytes could not be decompressed or compressed.
package enum GzipError: Error, Equatable, Sendable {
    /// The stream ends before its last block or its check value.
    case truncated
    /// Not how a gzip member begins (RFC 1952 section 2.3).
    case malformedHeader
    /// Not deflate (RFC 1951).
    case malformedBlock
    /// The contents have another CRC-32 than the stream says.
    case wrongCheckValue
    /// The contents have another length than the stream says.
    case wrongLength
    /// Something that is no member follows the last one.
    case trailingBytes
    /// The contents are larger than the caller allows.
    case tooLarge(byteCountMax: Int)
    /// The contents are larger, in proportion to the stream, than the caller allows.
    case ratioTooLarge(ratioMax: Int)
    case tooManyMembers(memberCountMax: Int)
    case outOfMemory

    /// What is wrong, to stand behind a colon.
    package var reason: String {
        switch self {
        case .truncated: "the stream is cut off"
        case .malformedHeader: "it does not begin like gzip"
        case .malformedBlock: "a block is damaged"
        case .wrongCheckValue: "the contents do not have the check value that it names"
        case .wrongLength: "the contents do not have the length that it names"
        case .trailingBytes: "something follows its last member"
        case .tooLarge(let byteCountMax): "the contents exceed \(byteCountMax) bytes"
        case .ratioTooLarge(let ratioMax): "the contents exceed \(ratioMax) times its size"
        case .tooManyMembers(let memberCountMax): "it has more than \(memberCountMax) members"
        case .outOfMemory: "no memory is left"
        }
    }
}
