// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc

/// libssl's way to a non-blocking socket, in place of its own, which makes a broken connection a
/// SIGPIPE and asks an emptied socket once more for each request.
///
/// It lives at a fixed address that the BIO knows; whoever allocates it outlives the BIO.
struct SocketBIO {
    let descriptor: Int32
    /// A read came back short: the kernel has no more, and will tell when it has (edge-triggered).
    /// Until then a read is answered here, without asking.
    var isDrained = false
    var isAtEnd = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    static func makeBIO(over socket: UnsafeMutablePointer<Self>) -> OpaquePointer? {
        guard let method, let bio = BIO_new(OpaquePointer(bitPattern: method)) else { return nil }
        BIO_set_data(bio, socket)
        BIO_set_init(bio, 1)
        return bio
    }

    /// Made once for the process and never freed.
    private static let method: UInt? = {
        let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = BIO_meth_new(type, "martlet socket") else { return nil }
        BIO_meth_set_read(method) { bio, buffer, count in
            SocketBIO.read(bio, buffer, count)
        }
        BIO_meth_set_write(method) { bio, bytes, count in
            SocketBIO.write(bio, bytes, count)
        }
        BIO_meth_set_ctrl(method) { bio, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH: 1
            case BIO_CTRL_EOF: SocketBIO.of(bio)?.pointee.isAtEnd == true ? 1 : 0
            default: 0
            }
        }
        return UInt(bitPattern: method)
    }()

    private static func of(_ bio: OpaquePointer?) -> UnsafeMutablePointer<Self>? {
        BIO_get_data(bio)?.assumingMemoryBound(to: Self.self)
    }

    private static func read(
        _ bio: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ count: Int32
    ) -> Int32 {
        guard let socket = of(bio), count > 0 else { return 0 }
        martlet_bio_clear_retry(bio)
        guard !socket.pointee.isDrained else {
            martlet_bio_set_retry(bio, 1)
            return -1
        }
        let received = recv(socket.pointee.descriptor, buffer, Int(count), 0)
        if received < 0 {
            if errno == EAGAIN || errno == EINTR { martlet_bio_set_retry(bio, 1) }
            return -1
        }
        socket.pointee.isAtEnd = received == 0
        socket.pointee.isDrained = received > 0 && received < Int(count)
        return Int32(truncatingIfNeeded: received)
    }

    private static func write(
        _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int32
    ) -> Int32 {
        guard let socket = of(bio), count > 0 else { return 0 }
        martlet_bio_clear_retry(bio)
        let sent = send(socket.pointee.descriptor, bytes, Int(count), Int32(MSG_NOSIGNAL))
        if sent < 0, errno == EAGAIN || errno == EINTR { martlet_bio_set_retry(bio, 0) }
        return Int32(truncatingIfNeeded: sent)
    }
}
