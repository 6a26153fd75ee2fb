// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// A lock on a SQLite file as another program holds it, by its bytes (sqlite.org/fileformat2.html,
/// "lock-byte page"). It goes when the process closes any descriptor of the file.
final class SQLiteLock {
    enum Level {
        /// Leaves readers alone; a writer that has stopped would hold it for as long.
        case reserved
        /// PENDING, RESERVED and SHARED bytes, as one who writes holds them.
        case exclusive
    }

    private let descriptor: Int32

    init(_ level: Level, of path: String) throws {
        descriptor = open(path, O_RDWR)
        try #require(descriptor >= 0)
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        (lock.l_start, lock.l_len) = level == .reserved ? (0x4000_0001, 1) : (0x4000_0000, 512)
        try #require(fcntl(descriptor, F_SETLKW, &lock) == 0)
    }

    deinit { close(descriptor) }
}
