// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How many descriptors the process may open (RLIMIT_NOFILE): a soft limit that it may raise up to
/// the hard one, which whoever starts it sets.
enum DescriptorLimit {
    /// Descriptors that are no client's: the registry, logs, loops, files that are read again.
    private static let ownCount = 64

    /// Raises the soft limit to the hard one.
    ///
    /// - Returns: what may be open from now on; `nil` where the system does not say.
    static func raise() -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return nil
        }
        let soft = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        let isRaised = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return Int(clamping: isRaised ? limit.rlim_max : soft)
    }

    /// - Returns: what so many connections need.
    static func needed(connectionCount: Int) -> Int {
        connectionCount + ownCount
    }
}
