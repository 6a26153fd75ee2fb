// SPDX-License-Identifier: Apache-2.0

/// Why a snapshot is refused.
package enum SnapshotError: Error, Equatable, Sendable {
    case truncated
    case trailingBytes(Int)
    case unknownVersion(UInt8)
    /// It belongs to another plan or another rollout.
    case otherRollout
    case checksum
    case badValue
}

/// Writes and reads the fields of a controller in one order: each type names its fields once, so
/// what is written is what is read. Little-endian, fixed widths.
package struct SnapshotCoder {
    package private(set) var bytes: [UInt8]
    private var position = 0
    private let isReading: Bool

    package init(writing capacity: Int = 4096) {
        bytes = []
        bytes.reserveCapacity(capacity)
        isReading = false
    }

    package init(reading bytes: [UInt8]) {
        self.bytes = bytes
        isReading = true
    }

    /// - Throws: `trailingBytes` when something is left.
    func finish() throws(SnapshotError) {
        if isReading, position != bytes.count { throw .trailingBytes(bytes.count - position) }
    }

    mutating func transfer<Value: FixedWidthInteger & UnsignedInteger>(
        _ value: inout Value
    ) throws(SnapshotError) {
        let width = Value.bitWidth / 8
        if isReading {
            guard bytes.count - position >= width else { throw .truncated }
            var read: Value = 0
            for offset in 0..<width {
                read |= Value(truncatingIfNeeded: bytes[position + offset]) << Value(8 * offset)
            }
            position += width
            value = read
        } else {
            for offset in 0..<width {
                bytes.append(UInt8(truncatingIfNeeded: value >> Value(8 * offset)))
            }
        }
    }

    /// - Throws: `badValue` for what is not finite: no statistic is.
    mutating func transfer(_ value: inout Double) throws(SnapshotError) {
        var pattern = value.bitPattern
        try transfer(&pattern)
        let read = Double(bitPattern: pattern)
        guard read.isFinite else { throw .badValue }
        value = read
    }

    mutating func transfer(_ value: inout Bool) throws(SnapshotError) {
        var byte: UInt8 = value ? 1 : 0
        try transfer(&byte)
        guard byte < 2 else { throw .badValue }
        value = byte == 1
    }

    mutating func transfer<Value: RawRepresentable>(
        _ value: inout Value
    ) throws(SnapshotError) where Value.RawValue == UInt8 {
        var byte = value.rawValue
        try transfer(&byte)
        guard let read = Value(rawValue: byte) else { throw .badValue }
        value = read
    }

    /// In ascending order: equal sets give equal bytes.
    mutating func transfer(
        _ set: inout Set<UInt64>, countMax: Int
    ) throws(SnapshotError) {
        var count = UInt32(truncatingIfNeeded: set.count)
        try transfer(&count)
        if isReading {
            guard count <= countMax, bytes.count - position >= Int(count) * 8 else {
                throw .badValue
            }
            var read = Set<UInt64>(minimumCapacity: Int(count))
            for _ in 0..<count {
                var element: UInt64 = 0
                try transfer(&element)
                read.insert(element)
            }
            set = read
        } else {
            for element in set.sorted() {
                var element = element
                try transfer(&element)
            }
        }
    }
}
