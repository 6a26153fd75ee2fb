// SPDX-License-Identifier: Apache-2.0
import Glibc
package import HTTPServer

/// A listening socket that whoever started the program has opened: systemd's socket activation, or
/// the server that this one takes over from (sd_listen_fds(3)).
///
/// It outlives each server that serves it, so that clients who connect while one binary takes over
/// from another wait in its backlog and none is refused.
package enum InheritedSocket {
    /// The first of the descriptors that are handed over.
    private static let firstDescriptor: Int32 = 3

    /// - Returns: `nil` if none was handed over to this process.
    package static func descriptor(
        environment: [String: String], processID: Int32 = getpid()
    ) throws(HTTPServerError) -> Int32? {
        // A variable meant for the parent of this process is none of its business.
        guard let count = environment["LISTEN_FDS"], environment["LISTEN_PID"] == "\(processID)"
        else { return nil }
        guard count == "1" else { throw .inheritedSocket("LISTEN_FDS is \(count), not 1") }
        return firstDescriptor
    }
}
