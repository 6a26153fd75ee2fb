// SPDX-License-Identifier: Apache-2.0
import JSON
import Registry
import TLSTesting
import Testing

extension ServiceFixture {
    var storePath: String { "\(folder)/feedback" }

    /// A server of one version by which `Outcome`s are drawn, and a store.
    func serveLabels(_ arguments: [String] = []) async throws -> Process {
        let process = try await serve(
            [
                "--feedback-store", storePath, "--feedback-predictions-per-second-max", "100000",
            ] + arguments)
        try await waitUntilReady()
        return process
    }

    /// Waits until there is a model: a server that answers may not have read its registry yet.
    func waitUntilReady() async throws {
        let end = ContinuousClock.now + .seconds(10 * Sanitizer.patience)
        while try !get("/readyz").hasPrefix("HTTP/1.1 200") {
            try #require(.now < end, "\(log.suffix(1000))")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func publishOutcomes() throws {
        try publish(
            Candidate.linear(weight: Outcome.weight, intercept: Outcome.intercept), .production)
    }

    /// Asks for predictions over one connection.
    ///
    /// - Parameter members: of the body of the one with this index.
    func outcomes(
        _ count: Int, seed: Int = 1, members: (Int) -> String = { _ in "" }
    ) throws -> [Outcome] {
        let kept = try #require(KeepAlive(port: UInt16(port)))
        var draws = Draws(seed: seed)
        return try (0..<count).map { index in
            var outcome = Outcome(&draws)
            let answer = kept.answer(to: outcome.request(members(index))) ?? ""
            let isPrediction = outcome.read(answer)
            try #require(isPrediction, "\(answer)")
            return outcome
        }
    }

    /// Sends a label, or `{"labels": [ … ]}`.
    ///
    /// - Returns: what became of it.
    @discardableResult
    func label(_ body: String) throws -> JSONValue {
        let answer = try send("POST", "/feedback", body)
        try #require(answer.status == 200, "\(answer.text)")
        return try JSONValue(parsing: answer.text)
    }

    @discardableResult
    func label(_ outcomes: [Outcome]) throws -> JSONValue {
        try label("{\"labels\":[\(outcomes.map { $0.label() }.joined(separator: ","))]}")
    }

    /// A number of the exposition.
    func metric(_ series: String) throws -> Double? {
        try get("/metrics").split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { $0.split(separator: " ").last.flatMap { Double($0) } }
    }

    /// Waits until a series is so large.
    func waitFor(
        _ series: String, _ value: Double, within seconds: Int = 20,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let end = ContinuousClock.now + .seconds(seconds * Sanitizer.patience)
        while true {
            let current = try metric(series) ?? 0
            if current >= value { return }
            try #require(
                .now < end, "\(series) is \(current), not \(value): \(log.suffix(1000))",
                sourceLocation: location)
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func waitForKept(
        _ count: Int, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        try await waitFor("feedback_predictions_total", Double(count), within: 20, location)
    }

    /// What labels say of version 1.
    func quality(ofVersion version: Int = 1) throws -> JSONValue? {
        let answer = try send("GET", "/models/m/quality")
        try #require(answer.status == 200, "\(answer.text)")
        return try JSONValue(parsing: answer.text)["versions"]?.array?
            .first { $0["version"]?.integer == version }
    }
}
