// SPDX-License-Identifier: Apache-2.0

/// What a version answered.
package enum LoggedOutput: Equatable, Sendable {
    /// The label, and a probability for each label in the model's order; none where it has none.
    case probabilities(label: String, [Double])
    case value(Double)
    /// The version did not answer.
    case none
}

extension LoggedOutput {
    private static let valueTag: UInt8 = 1
    private static let probabilitiesTag: UInt8 = 2
    private static let noneTag: UInt8 = 0

    /// A tag; for a value its 8 bytes; for probabilities their count in 4 bytes, 8 bytes each, and
    /// the label in UTF-8 to the end. All little-endian.
    var bytes: [UInt8] {
        switch self {
        case .none: return [Self.noneTag]
        case .value(let value): return [Self.valueTag] + Self.littleEndian(value.bitPattern)
        case .probabilities(let label, let probabilities):
            var bytes = [Self.probabilitiesTag]
            bytes += Self.littleEndian(UInt32(clamping: probabilities.count))
            for probability in probabilities { bytes += Self.littleEndian(probability.bitPattern) }
            return bytes + label.utf8
        }
    }

    /// - Throws: `.corrupt` for what `bytes` never writes.
    init(bytes: [UInt8]) throws(FeedbackError) {
        let fault = FeedbackError.corrupt(reason: "an output is not what was written")
        switch bytes.first {
        case Self.noneTag: self = .none
        case Self.valueTag:
            guard bytes.count == 9 else { throw fault }
            self = .value(Double(bitPattern: Self.integer(bytes[1...])))
        case Self.probabilitiesTag:
            guard bytes.count >= 5 else { throw fault }
            let count = Int(Self.integer(bytes[1..<5]))
            guard count <= (bytes.count - 5) / 8 else { throw fault }
            let end = 5 + 8 * count
            let probabilities = stride(from: 5, to: end, by: 8).map {
                Double(bitPattern: Self.integer(bytes[$0..<$0 + 8]))
            }
            self = .probabilities(
                label: String(decoding: bytes[end...], as: UTF8.self), probabilities)
        default: throw fault
        }
    }

    private static func littleEndian<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }

    /// At most eight bytes.
    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
