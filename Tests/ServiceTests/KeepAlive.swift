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
        var address = Self.loopback(port: port)
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

    static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        return address
    }

    func send(_ bytes: [UInt8]) -> Bool {
        Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Sends one request and reads its answer, by its Content-Length; `nil` when it does not come
    /// whole.
    func answer(to request: [UInt8]) -> String? {
        guard var answer = exchange(request).map({ String(decoding: $0, as: UTF8.self) }) else {
            return nil
        }
        while true {
            if let end = answer.firstRange(of: "\r\n\r\n"),
                let name = answer.firstRange(of: "Content-Length: "),
                let length = Int(answer[name.upperBound...].prefix { $0.isNumber }),
                answer[end.upperBound...].utf8.count >= length
            {
                return answer
            }
            guard let more = exchange([]) else { return nil }
            answer += String(decoding: more, as: UTF8.self)
        }
    }

    /// Sends requests and reads `byteCount` bytes of answers, or what comes first if that is `nil`.
    ///
    /// - Returns: the answers; `nil` when they did not all come.
    func exchange(_ requests: [UInt8], byteCount: Int? = nil) -> [UInt8]? {
        guard send(requests) else { return nil }
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
