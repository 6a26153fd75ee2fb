// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A pipe between this process, which never waits at it, and a program that it starts.
final class ChildPipe {
    /// -1 when closed, as `theirs`.
    private(set) var ours: Int32
    private(set) var theirs: Int32

    /// `nil` where there is no descriptor left.
    ///
    /// - Parameter isRead: whether the program reads what this process writes, or the other way.
    init?(isRead: Bool) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        ours = ends[isRead ? 1 : 0]
        theirs = ends[isRead ? 0 : 1]
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ours, F_SETFL, O_NONBLOCK)
    }

    deinit {
        closeOurs()
        closeTheirs()
    }

    func closeOurs() {
        if ours >= 0 { close(ours) }
        ours = -1
    }

    func closeTheirs() {
        if theirs >= 0 { close(theirs) }
        theirs = -1
    }

    /// Writes what the pipe takes. Of a program that does not read nothing is left to write.
    func write(_ rest: inout ArraySlice<UInt8>) {
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(ours, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno != EAGAIN { rest = [] }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
