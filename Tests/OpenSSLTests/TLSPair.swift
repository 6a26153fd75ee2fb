// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc
import OpenSSL
import TLSTesting
import Testing

/// A client and a server's session, joined by a pair of non-blocking sockets in the same thread.
final class TLSPair {
    let server: TLSSession
    let client: TLSClient
    private let serverSocket: Int32

    init(
        of serverContext: TLSContext, _ options: TLSClient.Options = TLSClient.Options()
    ) throws {
        var pair: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        try #require(socketpair(AF_UNIX, type, 0, &pair) == 0)
        client = try TLSClient(socket: pair[0], options)
        serverSocket = pair[1]
        server = try #require(serverContext.makeSession(descriptor: serverSocket))
    }

    deinit {
        close(serverSocket)
    }

    var ssl: OpaquePointer { client.ssl }
    var socket: Int32 { client.socket }

    /// Moves both sides on until the server's is complete or has failed, then the client's as far
    /// as it goes.
    func handshake() -> TLSOutcome {
        for _ in 0..<10 {
            ERR_clear_error()
            SSL_do_handshake(ssl)
            switch server.handshake() {
            case .wantsRead, .wantsWrite: continue
            case let outcome:
                SSL_do_handshake(ssl)
                return outcome
            }
        }
        return .wantsRead
    }

    func write(_ bytes: [UInt8]) -> Int { client.write(bytes) }

    func read() -> [UInt8]? { client.read() }

    /// The session to resume, once its ticket has come.
    func session() -> TLSClient.Session? {
        _ = client.read()
        return client.session()
    }
}

extension TLSSession {
    /// What the server can read now, with what came of the last attempt.
    func read(capacity: Int = 65_536) -> ([UInt8], TLSOutcome) {
        var hasMore = false
        return read(capacity: capacity, hasMore: &hasMore)
    }

    func read(capacity: Int, hasMore: inout Bool) -> ([UInt8], TLSOutcome) {
        var block = [UInt8](repeating: 0, count: capacity)
        var span = block.mutableSpan
        var bytes = span.mutableBytes
        let outcome = read(into: &bytes, hasMore: &hasMore)
        guard case .done(let count) = outcome else { return ([], outcome) }
        return (Array(block[..<count]), outcome)
    }

    func write(_ bytes: [UInt8]) -> TLSOutcome {
        let span = bytes.span
        return write(span.bytes)
    }
}
