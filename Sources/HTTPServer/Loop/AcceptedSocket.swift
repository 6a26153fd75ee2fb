// SPDX-License-Identifier: Apache-2.0
import CEpoll
import Glibc
import HTTP1

/// A connection that the kernel has handed out and no loop has yet.
struct AcceptedSocket: Sendable {
    /// Non-blocking, closed on exec.
    let descriptor: Int32
    let client: ClientAddress
    /// Whether it lies above the limit, in the reserve.
    var isInReserve = false

    /// Accepts the next connection; `nil`, with `errno` set, if there is none.
    init?(from listener: Int32) {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = martlet_accept4(listener, &address, &length, flags)
        guard descriptor >= 0 else { return nil }
        let isIPv6 = Int32(address.ss_family) == AF_INET6
        client = withUnsafeBytes(of: &address) { bytes in
            func word<Word: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Word {
                Word(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Word.self))
            }
            // Behind family and port, and in IPv6 the flow label.
            return isIPv6
                ? ClientAddress(high: word(8), low: word(16)) : ClientAddress(ipv4: word(4))
        }
    }
}
