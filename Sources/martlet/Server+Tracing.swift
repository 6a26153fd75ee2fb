// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPServer
import Logging
import Models
import OpenSSL
import Serving
import Telemetry

extension Server {
    /// Where this server's spans go; `nil` where none are recorded. Reads the collector's headers.
    static func traceExporter(
        _ settings: ServeSettings, _ metrics: MetricsRegistry, _ logger: Logger
    ) throws(CommandFailure) -> TraceExporter? {
        guard let url = settings.otlpEndpoint else { return nil }
        var fields: [(name: String, value: String)] = []
        if let path = settings.otlpHeadersPath {
            let bytes = try WholeFile.read(path)
            do throws(OTLPHeaders.Malformed) {
                fields = try OTLPHeaders.parse(bytes)
            } catch {
                throw CommandFailure("\(path):\(error.line): \(error.reason)")
            }
        }
        let exchange = HTTPExchange(
            url, trust: .init(authorityPath: settings.otlpAuthorityPath),
            timeoutMilliseconds: settings.otlpTimeoutSeconds * 1000)
        let collector = TraceCollector(
            exchange, fields: fields, OTLPDocument(resource: try resource(settings)),
            TraceInstruments(metrics))
        return TraceExporter(collector, metrics: metrics, logger: logger)
    }

    /// What the spans' semantic conventions call the resource; what is set goes before what is
    /// known.
    private static func resource(
        _ settings: ServeSettings
    ) throws(CommandFailure) -> [OTLPDocument.Attribute] {
        var given: [OTLPDocument.Attribute] = []
        for text in settings.traceResourceAttributes {
            guard let attribute = OTLPDocument.Attribute(text) else {
                throw CommandFailure("trace-resource-attribute: '\(text)' is not key=value")
            }
            // A key names one attribute of a resource, and a collector may refuse another.
            guard !given.contains(where: { $0.key == attribute.key }) else {
                throw CommandFailure("trace-resource-attribute: '\(attribute.key)' comes twice")
            }
            given.append(attribute)
        }
        let known = [
            OTLPDocument.Attribute("service.name", settings.traceServiceName ?? "martlet"),
            .init("service.version", MartletVersion.current),
            .init("service.instance.id", "\(hostName):\(settings.http.address)"),
            .init("host.name", hostName), .init("process.pid", Int(getpid())),
        ]
        return known.filter { known in !given.contains { $0.key == known.key } } + given
    }

    /// Empty where the system does not tell.
    static var hostName: String {
        var bytes = [CChar](repeating: 0, count: Int(HOST_NAME_MAX) + 1)
        let host = gethostname(&bytes, bytes.count) == 0 ? bytes.prefix { $0 != 0 } : []
        return String(decoding: host.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension TraceRules {
    /// - Parameter configuration: of the server whose loops share the rate.
    init(_ settings: ServeSettings, _ buffer: SpanBuffer, loopCount: Int) {
        self.init(
            buffer: buffer, share: settings.traceShare,
            ratePerSecond: Double(settings.tracesPerSecondMax) / Double(loopCount),
            isSecure: settings.tls != nil)
    }
}
