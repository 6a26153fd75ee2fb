// SPDX-License-Identifier: Apache-2.0

/// Who the rows of a request are from, by a hash.
enum DriftUnit: Equatable, Sendable {
    case unknown
    /// The request names its unit: a key counts once in a window.
    case key(UInt64)
    /// Only the connection's other end is known. It may be a proxy, so each row counts.
    case client(UInt64)
}

extension DriftUnit {
    /// Seeded anew in each process, so that nobody can choose keys that collide.
    init(key: RawSpan) {
        var hasher = Hasher()
        key.withUnsafeBytes { hasher.combine(bytes: $0) }
        self = .key(UInt64(UInt(bitPattern: hasher.finalize())))
    }
}

/// A few thousand hashes; once half full it takes no more.
struct UnitSet: Sendable {
    enum Insertion: Equatable {
        case inserted, known
        /// Not known, and there is no room to know it.
        case full
    }

    static let slotCount = 4096
    /// Zero is free.
    private var slots = [UInt64](repeating: 0, count: slotCount)
    private(set) var count = 0

    mutating func insert(_ hash: UInt64) -> Insertion {
        let stored = max(hash, 1)
        // Hashes of addresses may be poor in their low bits.
        var slot = Int(truncatingIfNeeded: (stored &* 0x9E37_79B9_7F4A_7C15) >> 52)
        while slots[slot] != 0 {
            if slots[slot] == stored { return .known }
            slot = (slot + 1) % Self.slotCount
        }
        guard count < Self.slotCount / 2 else { return .full }
        slots[slot] = stored
        count += 1
        return .inserted
    }

    var elements: [UInt64] { slots.filter { $0 != 0 } }
}
