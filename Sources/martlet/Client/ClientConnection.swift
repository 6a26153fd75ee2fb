// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP1
import OpenSSL
import Telemetry

/// A connection to a server, in plain text or TLS, of which everything ends at one deadline.
///
/// Blocks. Only the resolution of a name has a time of its own, that of resolv.conf(5).
final class ClientConnection {
    private let socket: Int32
    /// By the monotonic clock, in nanoseconds.
    private let deadline: UInt64
    private var session: TLSClientSession?

    init(
        to url: HTTPURL, _ trust: TLSClientSession.Options, deadline: UInt64
    ) throws(ExchangeError) {
        self.deadline = deadline
        socket = try Self.connect(to: url, deadline)
        guard url.isSecure else { return }
        do throws(TLSError) {
            session = try TLSClientSession(descriptor: socket, host: url.host, trust)
        } catch {
            throw .tls(error)
        }
        try shakeHands()
    }

    deinit {
        session?.close()
        close(socket)
    }

    func write(_ bytes: [UInt8]) throws(ExchangeError) {
        var sent = 0
        while sent < bytes.count {
            let rest = bytes.span.extracting(droppingFirst: sent).bytes
            guard let session else {
                sent += try write(plain: rest)
                continue
            }
            switch session.write(rest) {
            case .done(let count): sent += count
            case let outcome: try wait(for: outcome)
            }
        }
    }

    /// What has come next; nothing at the end.
    func read() throws(ExchangeError) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 16_384)
        guard let session else {
            let count = try read(plain: &block)
            return Array(block[..<count])
        }
        while true {
            var span = block.mutableSpan
            var bytes = span.mutableBytes
            switch session.read(into: &bytes) {
            case .done(let count): return Array(block[..<count])
            case .closed: return []
            case let outcome: try wait(for: outcome)
            }
        }
    }

    private func shakeHands() throws(ExchangeError) {
        while let session {
            switch session.handshake() {
            case .done: return
            case let outcome: try wait(for: outcome)
            }
        }
    }

    private func wait(for outcome: TLSOutcome) throws(ExchangeError) {
        switch outcome {
        case .done: return
        case .wantsRead: try Self.wait(socket, Int16(POLLIN), deadline)
        case .wantsWrite: try Self.wait(socket, Int16(POLLOUT), deadline)
        case .closed: throw .brokenTLS(.truncated)
        case .failed(let failure):
            if let reason = session?.refusal { throw .untrusted(reason: reason) }
            throw .brokenTLS(failure)
        }
    }

    private func write(plain bytes: RawSpan) throws(ExchangeError) -> Int {
        let count = bytes.withUnsafeBytes {
            send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EINTR else { throw .system(call: "send", errno: errno) }
        try Self.wait(socket, Int16(POLLOUT), deadline)
        return 0
    }

    private func read(plain block: inout [UInt8]) throws(ExchangeError) -> Int {
        while true {
            let count = recv(socket, &block, block.count, 0)
            if count >= 0 { return count }
            guard errno == EAGAIN || errno == EINTR else {
                throw .system(call: "recv", errno: errno)
            }
            try Self.wait(socket, Int16(POLLIN), deadline)
        }
    }

    /// Tries the host's addresses in the resolver's order; of several, each but the last may take
    /// half of the time that is left.
    private static func connect(
        to url: HTTPURL, _ deadline: UInt64
    ) throws(ExchangeError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(url.host, "\(url.port)", &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0 else {
            throw .unresolved(host: url.host, reason: String(cString: gai_strerror(code)))
        }
        var failure = ExchangeError.unresolved(host: url.host, reason: "no address")
        var next = list
        while let address = next?.pointee {
            next = address.ai_next
            let now = MonotonicClock.nanoseconds()
            guard now < deadline else { throw .timedOut }
            do throws(ExchangeError) {
                let limit = next == nil ? deadline : now + (deadline - now) / 2
                return try connect(to: address, limit)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private static func connect(
        to address: addrinfo, _ deadline: UInt64
    ) throws(ExchangeError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(address.ai_family, type, 0)
        guard socket >= 0 else { throw .system(call: "socket", errno: errno) }
        do throws(ExchangeError) {
            if Glibc.connect(socket, address.ai_addr, address.ai_addrlen) != 0 {
                guard errno == EINPROGRESS else { throw .system(call: "connect", errno: errno) }
                try wait(socket, Int16(POLLOUT), deadline)
                var code: Int32 = 0
                var size = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size)
                guard code == 0 else { throw .system(call: "connect", errno: code) }
            }
            return socket
        } catch {
            close(socket)
            throw error
        }
    }

    private static func wait(
        _ socket: Int32, _ events: Int16, _ deadline: UInt64
    ) throws(ExchangeError) {
        while true {
            let now = MonotonicClock.nanoseconds()
            guard now < deadline else { throw .timedOut }
            var entry = pollfd(fd: socket, events: events, revents: 0)
            // Rounded up, so that the last wait does not turn into many of nothing.
            let milliseconds = Int32(clamping: (deadline - now) / 1_000_000 + 1)
            let count = poll(&entry, 1, milliseconds)
            if count > 0 { return }
            guard count == 0 || errno == EINTR else { throw .system(call: "poll", errno: errno) }
        }
    }
}
