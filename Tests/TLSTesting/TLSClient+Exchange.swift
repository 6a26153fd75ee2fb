// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc

/// A blocking client over loopback; reads give up after five seconds.
extension TLSClient {
    /// Connects, and shakes hands unless told not to.
    package convenience init(
        port: UInt16, _ options: Options = Options(), handshakes: Bool = true
    ) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(socket)
            throw Failure(step: "connect")
        }
        try self.init(socket: socket, options)
        ERR_clear_error()
        if handshakes, SSL_do_handshake(ssl) != 1 {
            let reason = ERR_reason_error_string(ERR_peek_error())
            throw Failure(step: "handshake: \(reason.map { String(cString: $0) } ?? "cut off")")
        }
    }

    package func send(_ text: String) {
        _ = write(Array(text.utf8))
    }

    /// Says that no more will be sent, and closes the socket's one direction.
    package func finishSending() {
        ERR_clear_error()
        SSL_shutdown(ssl)
        shutdown(socket, Int32(SHUT_WR))
    }

    /// Closes the socket's one direction without a word of TLS.
    package func cut() {
        shutdown(socket, Int32(SHUT_WR))
    }

    /// Reads until `marker` has come, or the server closes, or five seconds have passed.
    package func read(until marker: String) -> String {
        var bytes: [UInt8] = []
        while !String(decoding: bytes.suffix(70_000), as: UTF8.self).contains(marker) {
            guard let block = read(), !block.isEmpty else { break }
            bytes += block
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Everything until the server says that it closes; `nil` if it does not, or breaks off.
    package func readToEnd() -> String? {
        var bytes: [UInt8] = []
        while let block = read() {
            if block.isEmpty { return nil }
            bytes += block
        }
        return hasBeenClosed ? String(decoding: bytes, as: UTF8.self) : nil
    }
}
