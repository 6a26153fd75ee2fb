// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HTTPServer
import Synchronization
import Testing

/// A server on a port of loopback that keeps the requests it gets and answers as a script says,
/// one connection for each.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        /// `POST /rollouts`
        let line: String
        /// In the order in which they came, names as they were sent.
        let fields: [(name: String, value: String)]
        let bytes: [UInt8]

        var body: String { String(decoding: bytes, as: UTF8.self) }
        subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    }

    let port: UInt16
    private let socket: Int32
    private let kept = Mutex<[Request]>([])
    private let isStopped = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameter answer: of a request and how many came before it; `nil` hangs up.
    init(port: UInt16 = 0, answer: @escaping @Sendable (Request, Int) -> String?) throws {
        let (socket, address) = try SocketAddress.loopback(port: port).listen(backlog: 16)
        self.socket = socket
        self.port = address.port
        DispatchQueue(label: "scripted server").async { [self] in
            while !isStopped.load(ordering: .relaxed) {
                var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
                guard poll(&entry, 1, 20) > 0 else { continue }
                let client = accept(socket, nil, nil)
                if client >= 0 { serve(client, answer) }
            }
            close(socket)
            ended.signal()
        }
    }

    /// Refuses connections from now on.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
        ended.wait()
    }

    var requests: [Request] { kept.withLock { $0 } }
    var address: String { "127.0.0.1:\(port)" }

    /// Waits, for up to ten seconds, for so many requests.
    func waits(forRequests count: Int) -> Bool {
        for _ in 0..<1000 where requests.count < count { usleep(10_000) }
        return requests.count >= count
    }

    static func json(_ body: String, status: String = "200 OK") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func serve(_ client: Int32, _ answer: (Request, Int) -> String?) {
        defer { close(client) }
        guard let request = Self.read(client) else { return }
        let count = kept.withLock { kept in
            kept.append(request)
            return kept.count - 1
        }
        guard let text = answer(request, count) else { return }
        let bytes = Array(text.utf8)
        _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private static func read(_ client: Int32) -> Request? {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let place = bytes.firstRange(of: end) {
                let lines = String(decoding: bytes[..<place.lowerBound], as: UTF8.self)
                    .split(separator: "\r\n")
                let fields = lines.dropFirst().compactMap { line -> (String, String)? in
                    guard let colon = line.firstRange(of: ": ") else { return nil }
                    return (
                        String(line[..<colon.lowerBound]), String(line[colon.upperBound...])
                    )
                }
                let length =
                    fields.first { $0.0 == "Content-Length" }.flatMap { Int($0.1) } ?? 0
                if bytes.count - place.upperBound >= length {
                    return Request(
                        line: lines[0].split(separator: " ").prefix(2).joined(separator: " "),
                        fields: fields.map { (name: $0.0, value: $0.1) },
                        bytes: Array(bytes[place.upperBound...]))
                }
            }
            let count = recv(client, &block, block.count, 0)
            guard count > 0 else { return nil }
            bytes += block[..<count]
        }
    }
}
