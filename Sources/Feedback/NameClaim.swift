// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL

/// A server's claim to its name in a store: no other may have it while the process lives, and a
/// process that is killed has it no longer.
///
/// It is a lock on a file beside the store, one file for each name. Of the open file, as `flock`
/// takes it: those of `fcntl` are lost when any other descriptor of the file is closed. The file
/// stays, as deleting one that another process is about to lock would give both of them the name.
final class NameClaim: Sendable {
    private let descriptor: Int32

    init(_ server: String, path: String) throws(FeedbackError) {
        let digest = SHA256.digest(of: Array(server.utf8)).prefix(16)
        let lockPath = "\(path).lock-\(PredictionID(bytes: Array(digest)).text)"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw .notWritable(path: lockPath, reason: String(cString: strerror(errno)))
        }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            close(descriptor)
            guard code != EWOULDBLOCK else { throw .nameTaken(server) }
            throw .notWritable(path: lockPath, reason: String(cString: strerror(code)))
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
