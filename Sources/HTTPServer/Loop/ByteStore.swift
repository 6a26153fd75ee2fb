// SPDX-License-Identifier: Apache-2.0

/// A loop's receive buffer: memory with a fixed address that belongs to no array, so that a
/// request can be parsed in place while the loop's own state changes.
final class ByteStore {
    let bytes: UnsafeMutableBufferPointer<UInt8>

    init(capacity: Int) {
        bytes = .allocate(capacity: capacity)
        bytes.initialize(repeating: 0)
    }

    deinit {
        bytes.deallocate()
    }
}
