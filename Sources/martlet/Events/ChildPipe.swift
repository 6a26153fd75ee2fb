// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// A pipe between this process, which never waits at it, and a program that it starts.
final class ChildPipe {
    /// -1 when closed, as `theirs`.
    private(set) var ours: Int32
    private(set) var theirs: Int32

    /// Held while a pipe is made and while a program is started: what is not yet marked to close
    /// is nothing that a program may find open.
    static let making = Mutex(())

    /// `nil` where there is no descriptor left; `errno` says so.
    ///
    /// - Parameter isRead: whether the program reads what this process writes, or the other way.
    init?(isRead: Bool) {
        var ends: [Int32] = [-1, -1]
        let isMade = Self.making.withLock { _ in
            pipe(&ends) == 0 && ends.indices.allSatisfy { Self.secure(&ends[$0]) }
        }
        ours = ends[isRead ? 1 : 0]
        theirs = ends[isRead ? 0 : 1]
        guard isMade, fcntl(ours, F_SETFL, O_NONBLOCK) == 0 else {
            // What was opened is closed by `deinit`, which may set another `errno`.
            let code = errno
            closeOurs()
            closeTheirs()
            errno = code
            return nil
        }
    }

    /// Has a descriptor close in every program that is started, and stand beyond the standard
    /// streams: in a server that was started without these, it would become one of the program's
    /// before the program has got it.
    private static func secure(_ descriptor: inout Int32) -> Bool {
        if descriptor > STDERR_FILENO { return fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 }
        let moved = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
        guard moved >= 0 else { return false }
        close(descriptor)
        descriptor = moved
        return true
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
