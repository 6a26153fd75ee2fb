// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc
import HTTPServer

/// A blocking client over loopback; reads give up after five seconds, or as much
/// longer as a sanitizer takes.
extension TLSClient {
    /// Connects, and shakes hands unless told not to.
    package convenience init(
        port: UInt16, _ options: Options = Options(), handshakes: Bool = true
    ) throws {
        guard
            let socket = try? SocketAddress.loopback(port: port).connect(
                timeoutSeconds: 5 * Sanitizer.patience)
        else { throw Failure(step: "connect") }
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

    /// Reads until `marker` has come, or the server closes, or nothing comes in time.
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
