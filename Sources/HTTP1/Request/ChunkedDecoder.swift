// SPDX-License-Identifier: Apache-2.0

/// Decodes the chunked transfer coding in place (RFC 9112 section 7.1).
///
/// Data is moved down over the chunk lines, so that the body ends up contiguous where the first
/// chunk line began. Extensions and trailers are checked and dropped.
struct ChunkedDecoder: Sendable {
    private enum Phase {
        case size(digits: Int, value: Int)
        /// Behind the size: an extension's name, value or quoted value, or the end of the line.
        case chunkExtension(Extension, value: Int)
        case sizeLineFeed(value: Int)
        case data(remaining: Int)
        case dataCarriageReturn
        case dataLineFeed
        case trailerStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case finalLineFeed
        case done
    }

    private enum Extension {
        case nameStart, name, valueStart, value, quoted, escaped, afterQuoted
    }

    private var phase = Phase.size(digits: 0, value: 0)
    private var overhead = 0
    private let bodyStart: Int
    private let limits: HTTPLimits
    /// The next byte to read.
    private(set) var position: Int
    /// Behind the last decoded byte.
    private(set) var bodyEnd: Int

    init(at start: Int, limits: HTTPLimits) {
        bodyStart = start
        position = start
        bodyEnd = start
        self.limits = limits
    }

    /// Decodes what there is; returns whether the last chunk and its trailers are behind.
    mutating func decode(_ bytes: inout MutableSpan<UInt8>) throws(HTTPParseError) -> Bool {
        while position < bytes.count {
            if case .data(let remaining) = phase {
                move(&bytes, remaining)
                continue
            }
            let byte = bytes[position]
            position += 1
            phase = try next(byte)
            if case .done = phase { return true }
        }
        return false
    }

    private mutating func move(_ bytes: inout MutableSpan<UInt8>, _ remaining: Int) {
        let count = min(remaining, bytes.count - position)
        for offset in 0..<count { bytes[bodyEnd + offset] = bytes[position + offset] }
        bodyEnd += count
        position += count
        phase = count == remaining ? .dataCarriageReturn : .data(remaining: remaining - count)
    }

    private mutating func next(_ byte: UInt8) throws(HTTPParseError) -> Phase {
        switch phase {
        case .size(let digits, let value): return try size(byte, digits, value)
        case .chunkExtension(let part, let value):
            guard countOverhead() else { throw .chunkExtensionTooLarge }
            return try chunkExtension(byte, part, value)
        case .sizeLineFeed(let value):
            guard byte == 0x0A else { throw .malformedChunkSize }
            return value == 0 ? .trailerStart : .data(remaining: value)
        case .dataCarriageReturn:
            guard byte == 0x0D else { throw .malformedChunkEnd }
            return .dataLineFeed
        case .dataLineFeed:
            guard byte == 0x0A else { throw .malformedChunkEnd }
            return .size(digits: 0, value: 0)
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .finalLineFeed:
            guard countOverhead() else { throw .trailerTooLarge }
            return try trailer(byte)
        case .data, .done: return phase
        }
    }

    /// `1*HEXDIG`; 15 digits cannot overflow, and leading zeros count as digits.
    private mutating func size(
        _ byte: UInt8, _ digits: Int, _ value: Int
    ) throws(HTTPParseError) -> Phase {
        if let digit = ByteClass.hexadecimal(byte) {
            guard digits < 15 else { throw .malformedChunkSize }
            return .size(digits: digits + 1, value: value << 4 | Int(digit))
        }
        guard digits > 0 else { throw .malformedChunkSize }
        guard value <= limits.bodyBytesMax - (bodyEnd - bodyStart) else { throw .bodyTooLarge }
        // What lies between is chunk lines gone by: without a bound a body of one-byte chunks
        // would take many times its size in memory.
        guard position - bodyEnd <= limits.bodyBytesMax + limits.chunkOverheadBytesMax else {
            throw .chunkOverheadTooLarge
        }
        switch byte {
        case 0x0D: return .sizeLineFeed(value: value)
        case 0x3B: return .chunkExtension(.nameStart, value: value)
        default: throw .malformedChunkSize
        }
    }

    /// `*( ";" token [ "=" ( token / quoted-string ) ] )`, without the optional white space.
    private func chunkExtension(
        _ byte: UInt8, _ part: Extension, _ value: Int
    ) throws(HTTPParseError) -> Phase {
        let isToken = ByteClass.isToken(byte)
        switch (part, byte) {
        case (.nameStart, _) where isToken, (.name, _) where isToken:
            return .chunkExtension(.name, value: value)
        case (.name, 0x3D): return .chunkExtension(.valueStart, value: value)
        case (.valueStart, _) where isToken, (.value, _) where isToken:
            return .chunkExtension(.value, value: value)
        case (.valueStart, 0x22): return .chunkExtension(.quoted, value: value)
        case (.quoted, 0x22): return .chunkExtension(.afterQuoted, value: value)
        case (.quoted, 0x5C): return .chunkExtension(.escaped, value: value)
        case (.quoted, _) where ByteClass.isFieldValue(byte),
            (.escaped, _) where ByteClass.isFieldValue(byte):
            return .chunkExtension(.quoted, value: value)
        case (.name, 0x3B), (.value, 0x3B), (.afterQuoted, 0x3B):
            return .chunkExtension(.nameStart, value: value)
        case (.name, 0x0D), (.value, 0x0D), (.afterQuoted, 0x0D):
            return .sizeLineFeed(value: value)
        default: throw .malformedChunkExtension
        }
    }

    private func trailer(_ byte: UInt8) throws(HTTPParseError) -> Phase {
        switch phase {
        case .trailerStart where byte == 0x0D: return .finalLineFeed
        case .trailerStart where ByteClass.isToken(byte): return .trailerName
        case .trailerName where byte == 0x3A: return .trailerValue
        case .trailerName where ByteClass.isToken(byte): return .trailerName
        case .trailerValue where byte == 0x0D: return .trailerLineFeed
        case .trailerValue where ByteClass.isFieldValue(byte): return .trailerValue
        case .trailerLineFeed where byte == 0x0A: return .trailerStart
        case .finalLineFeed where byte == 0x0A: return .done
        default: throw .malformedTrailer
        }
    }

    /// Whether what is neither size nor data is still within its limit, one byte more.
    private mutating func countOverhead() -> Bool {
        overhead += 1
        return overhead <= limits.chunkOverheadBytesMax
    }
}
