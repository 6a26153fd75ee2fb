// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPServer
import TLSTesting

/// One connection that asks many times.
final class KeepAlive {
    private let socket: Int32

    init?(port: UInt16) {
        guard
            let socket = try? SocketAddress.loopback(port: port).connect(
                timeoutSeconds: 5 * Sanitizer.patience)
        else { return nil }
        self.socket = socket
    }

    deinit {
        close(socket)
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
