// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "martlet",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    ],
    targets: [
        // Row 0: system libraries.
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "COpenSSL"),
        .systemLibrary(name: "CZlib"),
        // Row 1: wrappers, each the only target that touches its C library.
        .target(name: "JSON"),
        .target(name: "Zlib", dependencies: ["CZlib"]),
        // Row 2: the domain.
        .target(name: "Models", dependencies: ["JSON"]),
        // Row 3: engines.
        .target(name: "Training", dependencies: ["JSON", "Models", "Zlib"]),
        // Row 4: wiring.
        .executableTarget(
            name: "martlet-train",
            dependencies: [
                "JSON", "Models", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // Tests.
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "ModelsTests", dependencies: ["JSON", "Models"]),
        .testTarget(name: "TrainingTests", dependencies: ["JSON", "Models", "Training", "Zlib"]),
        .testTarget(name: "ZlibTests", dependencies: ["Zlib"]),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
