// SPDX-License-Identifier: Apache-2.0
// `environ` is a variable; nothing here changes it, and it is read before there is a second thread.
@preconcurrency import Glibc

/// The environment that the program was started with.
enum ProcessEnvironment {
    /// By name; of a name that stands twice, the first counts, as for `getenv`.
    static var variables: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let parts = String(cString: entry).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, variables[String(parts[0])] == nil {
                variables[String(parts[0])] = String(parts[1])
            }
            next = next.successor()
        }
        return variables
    }
}
