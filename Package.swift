// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "martlet",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Row 0: system libraries.
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "COpenSSL"),
        .systemLibrary(name: "CZlib"),
        // Row 1: texts, and wrappers, each the only target that touches its C library.
        .target(name: "CSV"),
        .target(name: "JSON"),
        .target(name: "OpenSSL", dependencies: ["COpenSSL"]),
        .target(name: "Zlib", dependencies: ["CZlib"]),
        // Row 2: the domain.
        .target(
            name: "Feedback",
            dependencies: ["OpenSSL", .product(name: "GRDB", package: "GRDB.swift")]),
        .target(name: "HTTP1"),
        .target(name: "Models", dependencies: ["JSON"]),
        .target(
            name: "Registry",
            dependencies: ["OpenSSL", .product(name: "GRDB", package: "GRDB.swift")]),
        .target(name: "Rollout"),
        .target(
            name: "Telemetry", dependencies: [.product(name: "Logging", package: "swift-log")]),
        // Row 3: engines.
        .target(name: "HTTPServer", dependencies: ["CEpoll", "HTTP1", "OpenSSL", "Telemetry"]),
        .target(
            name: "Importing",
            dependencies: [
                "JSON", "Models", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["ONNX/Generated/onnx.proto"]),
        .target(
            name: "Serving",
            dependencies: [
                "Feedback", "HTTP1", "JSON", "Models", "Registry", "Rollout", "Telemetry", "Zlib",
                .product(name: "Logging", package: "swift-log"),
            ],
            // The page's files, which become bytes of the program.
            resources: [
                "index.html", "docs.html", "martlet.css", "access.js", "charts.js", "docs.js",
                "dom.js", "metrics.js", "models.js", "page.js", "rollouts.js", "server.js",
                "service.js", "trial.js", "words.js",
            ].map { .embedInCode("Page/Assets/\($0)") }),
        .target(name: "Training", dependencies: ["CSV", "JSON", "Models", "Zlib"]),
        // Row 4: wiring.
        .executableTarget(
            name: "martlet",
            dependencies: [
                "CSV", "Feedback", "HTTP1", "HTTPServer", "Importing", "JSON", "Models", "OpenSSL",
                "Registry", "Serving", "Telemetry", "Yams", "Zlib",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "martlet-train",
            dependencies: [
                "CSV", "JSON", "Models", "Registry", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // Says what the parser makes of streams, to compare it with others.
        .executableTarget(
            name: "http-verdicts", dependencies: ["HTTP1"], path: "Tests/Peers/http-verdicts"),
        // Measures reading and writing JSON beside peers.
        .executableTarget(
            name: "json-times", dependencies: ["JSON", "Models"], path: "Benchmarks/json-times"),
        // Measures a model in process, beside other libraries.
        .executableTarget(
            name: "inference-times", dependencies: ["Models", "Telemetry"],
            path: "Benchmarks/inference-times"),
        // Measures what it costs to count a row for drift.
        .executableTarget(
            name: "drift-times", dependencies: ["Models", "Telemetry"],
            path: "Benchmarks/drift-times"),
        // Runs the rollout controller through simulated traffic.
        .executableTarget(
            name: "simulate-rollout", dependencies: ["Rollout"],
            path: "Benchmarks/simulate-rollout"),
        // Tests.
        // A client of TLS, certificates, what a sanitizer changes: for the tests of three targets.
        .target(
            name: "TLSTesting", dependencies: ["COpenSSL", "HTTPServer", "OpenSSL"],
            path: "Tests/TLSTesting"),
        .testTarget(
            name: "FeedbackTests",
            dependencies: ["Feedback", .product(name: "GRDB", package: "GRDB.swift")]),
        .testTarget(name: "HTTP1Tests", dependencies: ["HTTP1"]),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: [
                "COpenSSL", "HTTP1", "HTTPServer", "OpenSSL", "TLSTesting", "Telemetry",
            ]),
        .testTarget(
            name: "ImportingTests",
            dependencies: [
                "Importing", "JSON", "Models",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "ModelsTests", dependencies: ["JSON", "Models"]),
        .testTarget(name: "OpenSSLTests", dependencies: ["COpenSSL", "OpenSSL", "TLSTesting"]),
        .testTarget(
            name: "RegistryTests",
            dependencies: ["Registry", .product(name: "GRDB", package: "GRDB.swift")]),
        .testTarget(name: "RolloutTests", dependencies: ["Rollout"]),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "HTTP1", "HTTPServer", "JSON", "Models", "OpenSSL", "Registry", "Serving",
                "TLSTesting", "Telemetry", "Zlib", "martlet",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: [
                "AllocationCount.c", "ClockShift.c", "Rollouts/ExpLeak.c", "ZlibExhaustion.c",
            ]),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "Feedback", "HTTP1", "JSON", "Models", "Registry", "Rollout", "Serving",
                "Telemetry", "Zlib",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Telemetry", .product(name: "Logging", package: "swift-log")]),
        .testTarget(name: "TidyTests"),
        .testTarget(name: "TrainerTests", dependencies: ["JSON", "Registry", "martlet-train"]),
        .testTarget(
            name: "TrainingTests", dependencies: ["CSV", "JSON", "Models", "Training", "Zlib"]),
        .testTarget(name: "ZlibTests", dependencies: ["Zlib"]),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    ]
}
