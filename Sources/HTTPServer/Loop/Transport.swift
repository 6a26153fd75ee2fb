// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL

/// How a connection's bytes come and go.
enum Transport {
    /// As they are.
    case plain
    case tls(TLSSession)

    /// What became of an attempt to move bytes, which never waits.
    enum Outcome {
        /// So many were moved, at least one.
        case moved(Int)
        /// None can be moved now.
        case wait
        /// The client has closed its side.
        case end
        case failure
    }

    /// - Parameter hasMore: set when more may be had that the socket will not tell of.
    func receive(
        _ socket: Int32, into buffer: UnsafeMutableBufferPointer<UInt8>, hasMore: inout Bool
    ) -> Outcome {
        switch self {
        case .plain:
            let count = recv(socket, buffer.baseAddress, buffer.count, 0)
            if count > 0 {
                // A buffer that came full may have left something behind.
                hasMore = count == buffer.count
                return .moved(count)
            }
            return count == 0 ? .end : Self.outcome(ofErrno: errno)
        case .tls(let session):
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            return Self.outcome(session.read(into: &bytes, hasMore: &hasMore))
        }
    }

    func send(_ socket: Int32, _ bytes: UnsafeRawBufferPointer) -> Outcome {
        switch self {
        case .plain:
            let count = Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            return count >= 0 ? .moved(count) : Self.outcome(ofErrno: errno)
        case .tls(let session):
            return Self.outcome(session.write(bytes.bytes))
        }
    }

    /// Tells the client that nothing more will come.
    func finishSending(_ socket: Int32) {
        if case .tls(let session) = self { session.close() }
        shutdown(socket, Int32(SHUT_WR))
    }

    private static func outcome(ofErrno code: Int32) -> Outcome {
        code == EAGAIN || code == EINTR ? .wait : .failure
    }

    private static func outcome(_ outcome: TLSOutcome) -> Outcome {
        switch outcome {
        case .done(let count): .moved(count)
        case .wantsRead, .wantsWrite: .wait
        case .closed: .end
        case .failed: .failure
        }
    }
}
