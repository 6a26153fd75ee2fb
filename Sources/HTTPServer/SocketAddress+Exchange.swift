// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL

extension SocketAddress {
    /// How a probe speaks to the server.
    package enum Exchange: Sendable {
        case plain
        /// Whatever certificate the server shows, showing one where there is one to show.
        case tls(certificatePath: String?, keyPath: String?)
    }

    /// Sends one request on a connection of its own and reads until the server closes. Blocks.
    package func exchange(
        _ request: String, over exchange: Exchange = .plain, timeoutSeconds: Int
    ) throws(HTTPServerError) -> String {
        let socket = try connect(timeoutSeconds: timeoutSeconds)
        defer { close(socket) }
        let bytes = Array(request.utf8)
        switch exchange {
        case .plain: return String(decoding: try Self.exchange(bytes, socket), as: UTF8.self)
        case .tls(let certificatePath, let keyPath):
            do throws(TLSError) {
                var identity: TLSContext.Identity?
                if let certificatePath, let keyPath {
                    identity = .init(certificatePath: certificatePath, keyPath: keyPath)
                }
                let probe = try TLSProbe(socket: socket, identity: identity)
                return String(decoding: try probe.exchange(bytes), as: UTF8.self)
            } catch {
                throw .tls(error)
            }
        }
    }

    private static func exchange(
        _ request: [UInt8], _ socket: Int32
    ) throws(HTTPServerError) -> [UInt8] {
        guard send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw .system(call: "send", errno: errno)
        }
        var answer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(socket, &block, block.count, 0), count != 0 {
            guard count > 0 else { throw .system(call: "recv", errno: errno) }
            answer += block[..<count]
        }
        return answer
    }
}
