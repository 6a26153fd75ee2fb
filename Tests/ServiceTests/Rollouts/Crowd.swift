// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Synchronization
import Testing

/// Users of a server: connections that ask for one prediction after the other, and what each got.
final class Crowd: Sendable {
    /// What users send, which a test changes while they do.
    enum Row: Int, Sendable {
        case plain
        /// Its last number is so large that a weight on it makes the answer overflow.
        case large
        case explained
        /// By the features' names.
        case named
    }

    struct Visit: Sendable {
        let key: Int
        let row: Row
        let sent: ContinuousClock.Instant
        let received: ContinuousClock.Instant
        /// 0 where no answer came.
        let status: Int
        let arm: Substring
        let version: Int?
        let answer: String
    }

    private let port: UInt16
    private let keyCount: Int
    private let connectionCount: Int
    private let pauseMicroseconds: UInt32
    private let row: Atomic<Int>
    private let isOver = Atomic<Bool>(false)
    private let log = Mutex<[Visit]>([])
    private let group = DispatchGroup()

    /// - Parameters:
    ///   - keyCount: of users; one's requests come in order, over one connection.
    ///   - pauseMicroseconds: between an answer and the next request of a connection.
    init(
        at port: Int, _ row: Row = .plain, keys keyCount: Int = 100_000,
        connections connectionCount: Int = 3, pauseMicroseconds: UInt32 = 500
    ) {
        self.port = UInt16(port)
        self.keyCount = keyCount
        self.connectionCount = connectionCount
        self.pauseMicroseconds = pauseMicroseconds
        self.row = Atomic(row.rawValue)
        for connection in 0..<connectionCount {
            group.enter()
            Thread.detachNewThread { [self] in
                visit(over: connection)
                group.leave()
            }
        }
    }

    func send(_ row: Row) { self.row.store(row.rawValue, ordering: .relaxed) }

    /// What there is by now.
    var visits: [Visit] { log.withLock { $0 } }

    /// Sends them home.
    @discardableResult func stop() -> [Visit] {
        isOver.store(true, ordering: .relaxed)
        group.wait()
        return visits
    }

    private func visit(over connection: Int) {
        var random = SystemRandomNumberGenerator()
        var kept = KeepAlive(port: port)
        var key = connection
        while !isOver.load(ordering: .relaxed) {
            let row = Row(rawValue: row.load(ordering: .relaxed)) ?? .plain
            let request = Self.request(key, row, first: .random(in: -1...1, using: &random))
            let sent = ContinuousClock.now
            let answer = kept?.answer(to: Array(request.utf8))
            let visit = Self.visit(key, row, sent, answer)
            log.withLock { $0.append(visit) }
            if answer == nil {
                usleep(10_000)
                kept = KeepAlive(port: port)
            }
            key = (key + connectionCount) % keyCount
            usleep(pauseMicroseconds)
        }
    }

    /// A prediction for a user, of whom only the first number says anything.
    static func request(
        _ key: Int, _ row: Row = .plain, first: Double = 0.5, fields: String = ""
    ) -> String {
        var numbers = [String](repeating: "0", count: Candidate.featureCount)
        numbers[0] = "\(first)"
        if row == .large { numbers[numbers.count - 1] = "1e300" }
        var features = "[\(numbers.joined(separator: ","))]"
        if row == .named {
            let members = numbers.enumerated().map { "\"x\($0)\":\($1)" }
            features = "{\(members.joined(separator: ","))}"
        }
        let explains = row == .explained ? ",\"explain\":true" : ""
        let body = "{\"features\":\(features),\"key\":\"user-\(key)\"\(explains)}"
        return "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(fields)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func visit(
        _ key: Int, _ row: Row, _ sent: ContinuousClock.Instant, _ answer: String?
    ) -> Visit {
        let answer = answer ?? ""
        func word(after text: String) -> Substring {
            guard let range = answer.firstRange(of: text) else { return "" }
            return answer[range.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "-" }
        }
        return Visit(
            key: key, row: row, sent: sent, received: .now,
            status: Int(word(after: "HTTP/1.1 ")) ?? 0, arm: word(after: "X-Martlet-Arm: "),
            version: Int(word(after: "\"model_version\":")), answer: answer)
    }
}

extension [Crowd.Visit] {
    /// Every one was answered, and well.
    func expectGood(_ location: SourceLocation = #_sourceLocation) {
        let bad = filter { $0.status != 200 }
        #expect(
            bad.isEmpty, "\(bad.count) of \(count), such as \(bad[0].status) \(bad[0].answer)",
            sourceLocation: location)
        #expect(!isEmpty, sourceLocation: location)
    }
}
