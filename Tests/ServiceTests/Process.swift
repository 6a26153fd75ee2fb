// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import TLSTesting
import Testing

/// A program that a test runs; it does not outlive the test.
final class Process {
    let pid: pid_t
    private var status: Int32?

    /// - Parameter inherited: a descriptor that the program finds as its descriptor 3.
    init(
        _ path: String, _ arguments: [String], output: String = "/dev/null",
        environment: [String: String] = [:], inherited: Int32? = nil
    ) throws {
        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var environment = environment
        // Where a sanitizer is to write is said to the whole run (`make test-sanitized`).
        for name in ["ASAN_OPTIONS", "TSAN_OPTIONS"] {
            environment[name] = getenv(name).map { String(cString: $0) }
        }
        var envp: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in argv + envp { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, output, flags, 0o600)
        if let inherited { posix_spawn_file_actions_adddup2(&actions, inherited, 3) }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, nil, &argv, &envp)
        try #require(code == 0, "cannot run \(path)")
        self.pid = pid
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            _ = wait()
        }
    }

    func signal(_ number: Int32) {
        kill(pid, number)
    }

    /// The exit status, or minus the signal that ended it: -9 if it did not end within a minute.
    func wait() -> Int32 {
        if let status { return status }
        let watchdog = DispatchWorkItem { [pid] in kill(pid, SIGKILL) }
        DispatchQueue.global().asyncAfter(
            deadline: .now() + .seconds(60 * Sanitizer.patience), execute: watchdog)
        defer { watchdog.cancel() }
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        let result = raw & 0x7F == 0 ? raw >> 8 & 0xFF : -(raw & 0x7F)
        status = result
        return result
    }
}
