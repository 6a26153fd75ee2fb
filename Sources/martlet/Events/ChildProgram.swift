// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization
import Telemetry

/// One run of another program: without a shell, in a process group of its own, with nothing of
/// this process but its standard streams.
struct ChildProgram {
    enum End: Equatable, CustomStringConvertible {
        case exited(Int32)
        case signalled(Int32)
        case timedOut
        /// It was ended with the server.
        case cancelled
        case notStarted(errno: Int32)
        /// Somebody else in this process has taken its end: how it ended is not known.
        case lost

        var description: String {
            switch self {
            case .exited(let status): "status \(status)"
            case .signalled(let number): "signal \(number)"
            case .timedOut: "killed, its time was over"
            case .cancelled: "killed, the server ends"
            case .notStarted(let code): "not started: \(String(cString: strerror(code)))"
            case .lost: "lost, its end was taken by another"
            }
        }
    }

    let path: String
    /// What it reads.
    let input: [UInt8]
    let environment: [String: String]
    let timeoutSeconds: Int

    /// Between SIGTERM and SIGKILL.
    private static let graceNanoseconds: UInt64 = 5_000_000_000
    /// The same where the server ends, which waits for it.
    private static let lastGraceNanoseconds: UInt64 = 1_000_000_000
    private static let pollMilliseconds: Int32 = 100

    /// Runs it to its end. Blocks.
    ///
    /// - Parameters:
    ///   - isCancelled: asked again and again whether to end it.
    ///   - line: takes each line of both outputs.
    func run(isCancelled: () -> Bool, line: (String) -> Void) -> End {
        guard let source = ChildPipe(isRead: true), let sink = ChildPipe(isRead: false) else {
            return .notStarted(errno: errno)
        }
        var pid: pid_t = 0
        let code = start(&pid, source.theirs, sink.theirs)
        source.closeTheirs()
        sink.closeTheirs()
        guard code == 0 else { return .notStarted(errno: code) }
        var lines = OutputLines()
        let end = follow(pid, source, sink, &lines, isCancelled, line)
        lines.finish(line)
        return end
    }

    private func follow(
        _ pid: pid_t, _ source: ChildPipe, _ sink: ChildPipe, _ lines: inout OutputLines,
        _ isCancelled: () -> Bool, _ line: (String) -> Void
    ) -> End {
        let deadline = MonotonicClock.nanoseconds() + UInt64(timeoutSeconds) * 1_000_000_000
        var rest = input[...]
        var isOpen = true
        /// Why it is being ended, and when by force.
        var ending: (end: End, forceAt: UInt64)?
        while true {
            source.write(&rest)
            if rest.isEmpty { source.closeOurs() }
            var entries = [
                pollfd(fd: isOpen ? sink.ours : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: rest.isEmpty ? -1 : source.ours, events: Int16(POLLOUT), revents: 0),
            ]
            _ = poll(&entries, nfds_t(entries.count), Self.pollMilliseconds)
            var status: Int32 = 0
            let ended = waitpid(pid, &status, WNOHANG)
            let isLost = ended < 0 && errno != EINTR
            // What was written before the end is there to be read.
            isOpen = isOpen && lines.read(from: sink.ours, line)
            if ended == pid || isLost {
                if let ending { return ending.end }
                if isLost { return .lost }
                let signal = status & 0x7F
                return signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
            }
            let now = MonotonicClock.nanoseconds()
            if let ending {
                if now >= ending.forceAt { kill(-pid, SIGKILL) }
            } else if isCancelled() || now >= deadline {
                kill(-pid, SIGTERM)
                ending =
                    now >= deadline
                    ? (.timedOut, now + Self.graceNanoseconds)
                    : (.cancelled, now + Self.lastGraceNanoseconds)
            }
        }
    }

    private func start(_ pid: inout pid_t, _ input: Int32, _ output: Int32) -> Int32 {
        // With this ignored the end of a child is lost.
        signal(SIGCHLD, SIG_DFL)
        // A program that has ended without reading its input is no end of ours.
        signal(SIGPIPE, SIG_IGN)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        for descriptor in Self.inheritable() {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The server blocks signals and ignores SIGPIPE; the program starts as from a shell.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in arguments + variables { free(word) } }
        return ChildPipe.making.withLock { _ in
            posix_spawn(&pid, path, &actions, &attributes, &arguments, &variables)
        }
    }

    /// Descriptors that a library has left open for whatever this process starts; all others close
    /// by themselves.
    private static func inheritable() -> [Int32] {
        guard let directory = opendir("/proc/self/fd") else { return [] }
        defer { closedir(directory) }
        var descriptors: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let descriptor = Int32(name), descriptor > STDERR_FILENO,
                case let flags = fcntl(descriptor, F_GETFD), flags >= 0, flags & FD_CLOEXEC == 0
            else { continue }
            descriptors.append(descriptor)
        }
        return descriptors
    }
}
