// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP1
import JSON
import Logging
import Models
import Registry
import Serving
import Synchronization
import Telemetry
import Testing

/// A service over a registry in a folder of its own; no socket.
final class ServingFixture {
    struct Answer {
        let status: Int
        /// Status line and fields, as sent.
        let head: String
        let bytes: [UInt8]

        var body: String { String(decoding: bytes, as: UTF8.self) }
        var slug: String? {
            json["type"]?.string.map { String($0.dropFirst("urn:martlet:problem:".count)) }
        }
        var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    }

    let registry: Registry
    let metrics = MetricsRegistry(loopCount: 1)
    let service: Service
    private let folder: String
    private var watcher: RegistryWatcher?
    private let published = PublishedSets()
    /// What watches versions that are loaded from then on.
    var drift: DriftMonitor?

    /// Sets that the watcher published, until the test takes them.
    final class PublishedSets: Sendable {
        let sets = Mutex<[ServingSet]>([])
    }

    init(_ change: (inout ServiceContext) -> Void = { _ in }) throws {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        registry = try Registry(path: "\(folder)/registry", mode: .create)
        var context = ServiceContext(
            metrics: metrics, versionDocument: Array("{}".utf8), isDraining: { false },
            isAlive: { true })
        change(&context)
        service = Service(context: context, shard: 0)
    }

    /// One that serves a first version of `m`.
    static func serving(
        _ change: (inout ServiceContext) -> Void = { _ in }
    ) throws -> ServingFixture {
        let fixture = try ServingFixture(change)
        try fixture.publish()
        fixture.watch()
        return fixture
    }

    /// What `m` has an answer for.
    static let row = #"{"features":[50,"Bern"]}"#

    /// A message with that row.
    static func post(_ fields: String) -> [UInt8] {
        post(Array(row.utf8), fields)
    }

    /// A message with a body that says it is JSON.
    static func post(_ body: [UInt8], _ fields: String, path: String = "/predict") -> [UInt8] {
        Array(
            ("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(fields)"
                + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
    }

    deinit {
        for name in ["registry", "registry-journal"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    var registryPath: String { "\(folder)/registry" }

    /// Publishes a version of a model of two features whose intercept tells it from others.
    @discardableResult
    func publish(
        _ name: String = "m", intercept: Double = 0.5, alias: String? = "production"
    ) throws -> Int {
        try publish(bytes: try #require(Self.model(intercept: intercept)).artifact, name, alias)
    }

    func publish(bytes: [UInt8], _ name: String = "m", _ alias: String? = "production") throws
        -> Int
    {
        try registry.publish(
            VersionDraft(
                model: try ModelName(name), artifact: bytes, lineage: "{\"seed\":1}", actor: "me",
                alias: try alias.map(AliasName.init))
        ).version
    }

    static func model(
        intercept: Double, output: Output = .binary(labels: ["no", "yes"]),
        profile: ReferenceProfile? = nil
    ) -> Model? {
        guard let cities = CategoryDictionary(values: ["Bern", "Köln"]),
            let schema = FeatureSchema([
                Feature(name: "age", kind: .number), Feature(name: "city", kind: .category(cities)),
            ]),
            let encoding = LinearEncoding(
                schema: schema, standardisations: [.init(mean: 40, scale: 10), nil]),
            let linear = LinearModel(
                encoding: encoding, weights: [2, 1, 3, -3, 5, 7], intercepts: [intercept])
        else { return nil }
        return Model(
            schema: schema, kind: .linear(linear), output: output,
            goldenRecords: [[50, "Bern"], [.null, .null]], training: ["seed": 1],
            profile: profile)
    }

    /// Reads the registry, as a start does; later changes arrive by themselves.
    func watch(_ promises: [Promise] = []) {
        let published = published
        let watcher = RegistryWatcher(
            path: registryPath, promises: promises, pollMilliseconds: 250, metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, drift: drift
        ) { set in published.sets.withLock { $0.append(set) } }
        watcher.start()
        self.watcher = watcher
        takeSets()
    }

    /// Hands the service what has been published; returns whether there was anything.
    @discardableResult
    func takeSets() -> Bool {
        let sets = published.sets.withLock { sets in
            defer { sets = [] }
            return sets
        }
        for set in sets { _ = service.receive(set) }
        return !sets.isEmpty
    }

    /// Waits until the watcher has published again, for up to five seconds.
    func takeNextSets() async throws {
        for _ in 0..<500 {
            if takeSets() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("the watcher published nothing")
    }

    func get(_ path: String) throws -> Answer {
        try send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
    }

    func post(_ path: String, _ body: String, type: String = "application/json") throws -> Answer {
        try send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    func send(_ message: String) throws -> Answer {
        try send(Array(message.utf8))
    }

    /// - Parameters:
    ///   - refusal: what the server says to work that the service defers.
    ///   - retryAfterSeconds: what it says when the service asks for room.
    func send(
        _ message: [UInt8], at nanoseconds: UInt64 = 0, isInReserve: Bool = false,
        certificate: ClientCertificate? = nil, refusal: HTTPWork.Refusal? = nil,
        retryAfterSeconds: @escaping @Sendable (Double) -> Int? = { _ in nil }
    ) throws -> Answer {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var bytes = message
        var span = bytes.mutableSpan
        let isComplete = try parser.parse(&span)
        try #require(isComplete)
        let request = parser.request
        var response = HTTPResponse()
        let context = HTTPRequestContext(
            nanoseconds: nanoseconds, client: ClientAddress(ipv4: 0x7F00_0001),
            isInReserve: isInReserve, clientCertificate: certificate,
            retryAfterSeconds: retryAfterSeconds)
        var disposition = service.respond(request, bytes.span, context, &response)
        while case .deferred(let work) = disposition {
            guard let refusal else {
                disposition = work.run(&response)
                continue
            }
            work.refuse(refusal, &response)
            disposition = .answered
        }
        var output: [UInt8] = []
        HTTPResponseSerializer().append(
            response, connection: response.closesConnection ? .close : .keep, isHead: true,
            to: &output)
        return Answer(
            status: response.status.code, head: String(decoding: output, as: UTF8.self),
            bytes: response.body)
    }

    /// What work on a request is let in for, first and whenever it turns out to be more; empty if
    /// none is deferred, or it is not to wait.
    func predictions(_ message: [UInt8]) throws -> [Double] {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var bytes = message
        var span = bytes.mutableSpan
        let isComplete = try parser.parse(&span)
        try #require(isComplete)
        var response = HTTPResponse()
        let context = HTTPRequestContext(
            nanoseconds: 0, client: ClientAddress(ipv4: 0x7F00_0001), isInReserve: false)
        var disposition = service.respond(parser.request, bytes.span, context, &response)
        var predictions: [Double] = []
        while case .deferred(let work) = disposition, let predicted = work.predictedNanoseconds {
            predictions.append(predicted)
            disposition = work.run(&response)
        }
        return predictions
    }

    func scrape() throws -> String { try get("/metrics").body }
}
