// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP1
import HTTPServer
import Telemetry
import Testing

/// How loops share a listening socket. Each answer is the number of the loop that gave it.
struct ListenerTests {
    private struct Running {
        let server: HTTPServer<Int>
        let metrics: MetricsRegistry
        let port: UInt16

        func client() throws -> Client { try #require(Client(port: port, of: server)) }

        func count(_ sample: String) -> Int? {
            var output: [UInt8] = []
            TextExposition.prometheus.append(metrics, to: &output)
            return String(decoding: output, as: UTF8.self).split(separator: "\n")
                .first { $0.hasPrefix(sample + " ") }
                .flatMap { Int($0.dropFirst(sample.count + 1)) }
        }
    }

    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    private func start(loopCount: Int) throws -> Running {
        let configuration = HTTPServerConfiguration(
            address: try SocketAddress("127.0.0.1:0"), loopCount: loopCount)
        let metrics = MetricsRegistry(loopCount: loopCount)
        let server = try HTTPServer<Int>(
            configuration: configuration,
            instruments: HTTPInstruments(registry: metrics, routes: ["unmatched"])
        ) { index in
            HTTPApplication(
                respond: { _, _, _, response in
                    response.body = Array("loop \(index)".utf8)
                    return .answered
                }, receive: { _ in })
        }
        return Running(server: server, metrics: metrics, port: try server.start().port)
    }

    @Test func connectionsAreSharedAmongTheLoops() throws {
        let running = try start(loopCount: 4)
        let clients = try (0..<48).map { _ in try running.client() }
        var counts = [0, 0, 0, 0]
        for client in clients {
            client.send(Self.request)
            let answer = client.read(until: "loop ", count: 1)
            let loop = try #require(answer.last?.wholeNumberValue)
            counts[loop] += 1
        }
        #expect(counts.allSatisfy { 8...16 ~= $0 }, "\(counts)")
    }

    /// More than a loop accepts in one batch, all in the queue before it gets to it.
    @Test func aQueueLongerThanABatchIsAccepted() throws {
        let running = try start(loopCount: 1)
        let clients = try (0..<150).map { _ in try running.client() }
        for client in clients { client.send(Self.request) }
        for client in clients { #expect(client.read(until: "loop 0").hasSuffix("loop 0")) }
        #expect(running.count("connections_accepted_total") == 150)
    }
}
