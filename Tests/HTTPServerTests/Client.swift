// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPServer
import TLSTesting

/// A blocking connection to a server under test; reads give up after five seconds, or
/// as much longer as a sanitizer takes.
final class Client {
    private let socket: Int32
    /// Keeps the server alive as long as its client.
    private let server: AnyObject?

    init?(port: UInt16, of server: AnyObject? = nil) {
        self.server = server
        guard
            let socket = try? SocketAddress.loopback(port: port).connect(
                timeoutSeconds: 5 * Sanitizer.patience)
        else { return nil }
        self.socket = socket
    }

    deinit {
        close(socket)
    }

    func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// - Returns: whether all of it was taken, each part within so many milliseconds.
    func sendWithoutWaiting(_ text: String, milliseconds: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            guard isReady(Int16(POLLOUT), milliseconds: milliseconds) else { return false }
            let count = rest.withUnsafeBytes {
                Glibc.send(
                    socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Whether nothing comes, not even an end, for so long.
    func readNothing(milliseconds: Int32) -> Bool {
        !isReady(Int16(POLLIN), milliseconds: milliseconds)
    }

    private func isReady(_ events: Int16, milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: socket, events: events, revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }

    /// Makes the end of this client a reset instead of an orderly close.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    func finishSending() {
        shutdown(socket, Int32(SHUT_WR))
    }

    /// Reads until `count` copies of `marker` have come, or the server closes.
    func read(until marker: String, count: Int = 1) -> String {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while String(decoding: bytes, as: UTF8.self).components(of: marker) < count {
            let received = recv(socket, &block, block.count, 0)
            guard received > 0 else { break }
            bytes += block[..<received]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads so many bytes and forgets them; `false` when they do not come.
    func skip(_ byteCount: Int) -> Bool {
        var rest = byteCount
        var block = [UInt8](repeating: 0, count: 65_536)
        while rest > 0 {
            let received = recv(socket, &block, min(rest, block.count), 0)
            guard received > 0 else { return false }
            rest -= received
        }
        return true
    }

    /// Everything until the server closes; `nil` when it does not in time.
    func readToEnd() -> String? {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let received = recv(socket, &block, block.count, 0)
            if received == 0 { return String(decoding: bytes, as: UTF8.self) }
            guard received > 0 else { return errno == ECONNRESET ? "reset" : nil }
            bytes += block[..<received]
        }
    }
}

extension String {
    func components(of marker: String) -> Int { ranges(of: marker).count }
}

/// A failed expectation reflects its operands, all the way down: not into a server whose loops run.
extension Client: CustomReflectable {
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
