// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "martlet",
    targets: [
        // Row 0: system libraries.
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "COpenSSL"),
        .systemLibrary(name: "CZlib"),
        // Row 1: wrappers, each the only target that touches its C library.
        .target(name: "JSON"),
        // Row 2: the domain.
        .target(name: "HTTP1"),
        .target(name: "Models", dependencies: ["JSON"]),
        // Row 3: engines.
        // Row 4: wiring.
        // Tests.
        .testTarget(name: "HTTP1Tests", dependencies: ["HTTP1"]),
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "ModelsTests", dependencies: ["JSON", "Models"]),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
