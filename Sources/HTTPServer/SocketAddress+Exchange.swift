// SPDX-License-Identifier: Apache-2.0
import Glibc

extension SocketAddress {
    /// Sends one request on a connection of its own and reads until the server closes. Blocks.
    package func exchange(
        _ request: String, timeoutSeconds: Int
    ) throws(HTTPServerError) -> String {
        let socket = try connect(timeoutSeconds: timeoutSeconds)
        defer { close(socket) }
        let bytes = Array(request.utf8)
        guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw .system(call: "send", errno: errno)
        }
        var answer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(socket, &block, block.count, 0), count != 0 {
            guard count > 0 else { throw .system(call: "recv", errno: errno) }
            answer += block[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
