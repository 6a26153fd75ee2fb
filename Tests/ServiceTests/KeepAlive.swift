// SPDX-License-Identifier: Apache-2.0
import Glibc

/// One connection that asks many times.
final class KeepAlive {
    private let socket: Int32

    init?(port: UInt16) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(
            socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { return nil }
    }

    deinit {
        close(socket)
    }

    /// Sends a request; returns whether a whole 200 came back.
    func exchange(_ request: String) -> Bool {
        let bytes = Array(request.utf8)
        guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            return false
        }
        var answer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        // Every answer to a prediction ends in a line feed behind its object.
        while answer.suffix(2) != [0x7D, 0x0A] {
            let count = recv(socket, &block, block.count, 0)
            guard count > 0 else { return false }
            answer += block[..<count]
        }
        return answer.starts(with: "HTTP/1.1 200".utf8)
    }
}
