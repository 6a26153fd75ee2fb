// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How a connection's bytes come and go.
enum Transport {
    /// As they are.
    case plain

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

    func receive(_ socket: Int32, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Outcome {
        switch self {
        case .plain:
            let count = recv(socket, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .moved(count) }
            if count == 0 { return .end }
            return Self.outcome(ofErrno: errno)
        }
    }

    func send(_ socket: Int32, _ bytes: UnsafeRawBufferPointer) -> Outcome {
        switch self {
        case .plain:
            let count = Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .moved(count) }
            return Self.outcome(ofErrno: errno)
        }
    }

    private static func outcome(ofErrno code: Int32) -> Outcome {
        code == EAGAIN || code == EINTR ? .wait : .failure
    }
}
