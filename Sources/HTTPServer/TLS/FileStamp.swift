// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What tells one state of a file from another without reading it.
///
/// It is the state of the file that a path leads to: where a symbolic link on the way is turned to
/// another folder, as Kubernetes does with its secrets, the inode is another.
struct FileStamp: Equatable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let byteCount: Int
    private let modifiedNanoseconds: Int
    /// Of the file's attributes, which decide whether it can be read.
    private let changedNanoseconds: Int

    /// `nil` if there is no such file.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        byteCount = Int(status.st_size)
        modifiedNanoseconds = Self.nanoseconds(status.st_mtim)
        changedNanoseconds = Self.nanoseconds(status.st_ctim)
    }

    private static func nanoseconds(_ time: timespec) -> Int {
        time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
    }
}
