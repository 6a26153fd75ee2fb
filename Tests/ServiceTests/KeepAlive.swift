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

    /// Sends requests and reads `byteCount` bytes of answers, or what comes first if that is `nil`.
    ///
    /// - Returns: the answers; `nil` when they did not all come.
    func exchange(_ requests: [UInt8], byteCount: Int? = nil) -> [UInt8]? {
        guard send(socket, requests, requests.count, Int32(MSG_NOSIGNAL)) == requests.count else {
            return nil
        }
        var answer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while answer.count < byteCount ?? 1 {
            let received = recv(socket, &block, block.count, 0)
            guard received > 0 else { return nil }
            answer += block[..<received]
        }
        return answer
    }
}
