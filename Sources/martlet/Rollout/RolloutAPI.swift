// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

/// A server's rollouts, over its HTTP API.
struct RolloutAPI {
    let exchange: HTTPExchange
    let token: String?

    /// Why a request brought no document.
    enum Failure: Error {
        case unreachable(ExchangeError)
        /// An answer that is no success, with what the server says of it.
        case refused(status: Int, String)
        case notJSON
    }

    func get(_ path: String) throws(Failure) -> JSONValue { try ask("GET", path, nil) }

    func post(_ path: String, _ body: JSONValue) throws(Failure) -> JSONValue {
        try ask("POST", path, Array(body.text.utf8))
    }

    private func ask(
        _ method: String, _ path: String, _ body: [UInt8]?
    ) throws(Failure) -> JSONValue {
        let fields = token.map { [(name: "Authorization", value: "Bearer \($0)")] } ?? []
        let response: ReceivedResponse
        do throws(ExchangeError) {
            response = try exchange.send(method, path, fields: fields, body: body)
        } catch {
            throw .unreachable(error)
        }
        let document = try? JSONValue(parsing: response.body.span)
        guard (200...299).contains(response.status) else {
            let reason = document?["detail"]?.string ?? document?["title"]?.string
            throw .refused(status: response.status, reason ?? "no reason given")
        }
        guard let document else { throw .notJSON }
        return document
    }

    /// The path of a rollout that is named by its number, or by its model: the newest one of that.
    func path(of name: String) throws -> String {
        if let path = Self.path(ofNumber: name) { return path }
        let document = try command { () throws(Failure) in try get("/rollouts") }
        return try Self.path(ofModel: name, in: document)
    }

    /// `nil` for what is not a rollout's number.
    static func path(ofNumber text: String) -> String? {
        guard let id = Int(text), id > 0, "\(id)" == text else { return nil }
        return "/rollouts/\(id)"
    }

    static func path(ofModel name: String, in list: JSONValue) throws -> String {
        let newest = rollouts(in: list).filter { $0.model == name }.max { $0.id < $1.id }
        guard let newest else { throw CommandFailure("model '\(name)' has no rollout") }
        return "/rollouts/\(newest.id)"
    }

    static func rollouts(in list: JSONValue) -> [RolloutDocument] {
        (list["rollouts"] ?? list).array?.compactMap(RolloutDocument.init) ?? []
    }

    func rollouts() throws -> [RolloutDocument] {
        Self.rollouts(in: try command { () throws(Failure) in try get("/rollouts") })
    }

    func rollout(_ path: String) throws -> RolloutDocument {
        try Self.rollout(in: try command { () throws(Failure) in try get(path) })
    }

    static func rollout(in document: JSONValue) throws -> RolloutDocument {
        guard let rollout = RolloutDocument(document) else {
            throw CommandFailure("the server's answer is no rollout")
        }
        return rollout
    }

    /// Makes a sentence of a failure, which ends the command.
    func command<Value>(_ body: () throws(Failure) -> Value) throws(CommandFailure) -> Value {
        do throws(Failure) {
            return try body()
        } catch {
            throw failure(error)
        }
    }

    func failure(_ error: Failure) -> CommandFailure {
        switch error {
        case .unreachable(let error): CommandFailure("\(exchange.url.origin): \(error)")
        case .refused(let status, let reason):
            CommandFailure("\(exchange.url.origin): \(status): \(reason)")
        case .notJSON: CommandFailure("\(exchange.url.origin): the answer is not JSON")
        }
    }
}
