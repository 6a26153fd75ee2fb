// SPDX-License-Identifier: Apache-2.0
import HTTP1

extension Setting {
    /// Where spans of requests go, and of which.
    static let tracing = [
        Setting(
            "otlp-endpoint", .optionalURL(\.otlpEndpoint),
            "The collector that spans go to by OTLP over HTTP in JSON: its address, to which /v1/traces is added, or the whole URL. Without it nothing is traced."
        ),
        Setting(
            "otlp-ca", .optionalPath(\.otlpAuthorityPath),
            "A PEM file of the authorities that the collector's certificate may be of, instead of the system's."
        ),
        Setting(
            "otlp-headers-file", .optionalPath(\.otlpHeadersPath),
            "A file of header fields that go with each request to the collector, a line 'Name: value' for each."
        ),
        Setting(
            "otlp-timeout-seconds", .count(\.otlpTimeoutSeconds, 1...600, of: "seconds"),
            "Time for one attempt to tell the collector; there are five."),
        Setting(
            "trace-share", .share(\.traceShare),
            "The share of POST requests without a traceparent that begin a trace. With one, its sampled flag decides."
        ),
        Setting(
            "traces-per-second-max",
            .count(\.tracesPerSecondMax, 1...1_000_000, of: "requests per second"),
            "Requests that are traced of a second, in equal parts on all loops, whoever has decided that they are."
        ),
        Setting(
            "trace-service-name", .optionalName(\.traceServiceName),
            "The service.name of the spans."),
        Setting(
            "trace-resource-attribute", .names(\.traceResourceAttributes),
            "An attribute of all spans' resource, key=value, such as k8s.pod.name=a."),
    ]
}

extension ServeSettings {
    func checkTracing() throws(SettingError) {
        for (name, path) in [
            ("otlp-ca", otlpAuthorityPath), ("otlp-headers-file", otlpHeadersPath),
        ] where path != nil && otlpEndpoint == nil {
            throw .conflict(name, "needs otlp-endpoint beside it")
        }
        guard otlpAuthorityPath == nil || otlpEndpoint?.isSecure == true else {
            throw .conflict("otlp-ca", "needs an otlp-endpoint of https")
        }
    }
}
