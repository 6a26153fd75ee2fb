// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A numeric address and port to listen on.
package struct SocketAddress: Equatable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: UInt16
    private let isIPv6: Bool

    /// Reads `127.0.0.1:8080` or `[::1]:8080`.
    package init(_ text: String) throws(HTTPServerError) {
        guard let colon = text.lastIndex(of: ":"),
            case let digits = text[text.index(after: colon)...],
            !digits.isEmpty, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
            let port = UInt16(digits)
        else { throw .malformedAddress(text) }
        var host = text[..<colon]
        isIPv6 = host.hasPrefix("[") && host.hasSuffix("]")
        if isIPv6 { host = host.dropFirst().dropLast() }
        var storage = in6_addr()
        guard inet_pton(isIPv6 ? AF_INET6 : AF_INET, String(host), &storage) == 1 else {
            throw .malformedAddress(text)
        }
        self.host = String(host)
        self.port = port
    }

    private init(host: String, port: UInt16, isIPv6: Bool) {
        self.host = host
        self.port = port
        self.isIPv6 = isIPv6
    }

    /// This machine only.
    package static func loopback(port: UInt16) -> SocketAddress {
        SocketAddress(host: "127.0.0.1", port: port, isIPv6: false)
    }

    /// Whether only this machine can connect to it: 127.0.0.0/8 (RFC 1122 section 3.2.1.3), `::1`,
    /// or the former mapped into IPv6.
    package var isLoopback: Bool {
        var bytes = in6_addr()
        guard inet_pton(isIPv6 ? AF_INET6 : AF_INET, host, &bytes) == 1 else { return false }
        return withUnsafeBytes(of: bytes) { bytes in
            guard isIPv6 else { return bytes[0] == 127 }
            let isMapped =
                bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            return isMapped
                ? bytes[12] == 127 : bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
        }
    }

    package var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Opens a non-blocking listening socket; returns it with the address it got.
    package func listen(backlog: Int32) throws(HTTPServerError) -> (Int32, SocketAddress) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, type, 0)
        guard socket >= 0 else { throw .system(call: "socket", errno: errno) }
        do throws(HTTPServerError) {
            var one: Int32 = 1
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
            try bind(socket)
            guard Glibc.listen(socket, backlog) == 0 else {
                throw .system(call: "listen on \(self)", errno: errno)
            }
            return (socket, try SocketAddress(boundBy: socket))
        } catch {
            close(socket)
            throw error
        }
    }

    private func bind(_ socket: Int32) throws(HTTPServerError) {
        guard withAddress({ Glibc.bind(socket, $0, $1) }) == 0 else {
            throw .system(call: "bind \(self)", errno: errno)
        }
    }

    /// Opens a blocking connection to this address.
    package func connect(timeoutSeconds: Int) throws(HTTPServerError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, type, 0)
        guard socket >= 0 else { throw .system(call: "socket", errno: errno) }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        guard withAddress({ Glibc.connect(socket, $0, $1) }) == 0 else {
            let code = errno
            close(socket)
            throw .system(call: "connect", errno: code)
        }
        return socket
    }

    private func withAddress(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            inet_pton(AF_INET6, host, &address.sin6_addr)
            return withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// The address of a listening stream socket that another has opened, which is made fit to be
    /// accepted from: non-blocking, and not handed on.
    package init(listening socket: Int32) throws(HTTPServerError) {
        var isListening: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size) == 0 else {
            throw .inheritedSocket(String(cString: strerror(errno)))
        }
        guard isListening != 0 else { throw .inheritedSocket("it does not listen") }
        let flags = fcntl(socket, F_GETFL)
        guard flags >= 0, fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(socket, F_SETFD, FD_CLOEXEC) == 0
        else { throw .system(call: "fcntl", errno: errno) }
        try self.init(boundBy: socket)
    }

    /// The address of a socket, with the port that the kernel chose where 0 was asked for.
    private init(boundBy socket: Int32) throws(HTTPServerError) {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(socket, $0, &length)
            }
        }
        guard result == 0 else { throw .system(call: "getsockname", errno: errno) }
        var text = InlineArray<64, CChar>(repeating: 0)
        var span = text.mutableSpan
        let family = Int32(address.sin6_family)
        let host = span.withUnsafeMutableBufferPointer { buffer -> String? in
            let isWritten =
                if family == AF_INET6 {
                    inet_ntop(family, &address.sin6_addr, buffer.baseAddress, 64) != nil
                } else if family == AF_INET {
                    // An IPv4 address lies where IPv6's flow label does.
                    inet_ntop(family, &address.sin6_flowinfo, buffer.baseAddress, 64) != nil
                } else {
                    false
                }
            guard isWritten, let start = buffer.baseAddress else { return nil }
            return String(cString: start)
        }
        guard let host else { throw .inheritedSocket("its address is not of IPv4 or IPv6") }
        // The port lies at the same place in both families' structures.
        self.init(
            host: host, port: UInt16(bigEndian: address.sin6_port), isIPv6: family == AF_INET6)
    }
}
