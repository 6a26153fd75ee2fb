// swift-tools-version: 6.1
import PackageDescription

// A peer for `make bench`, apart from the product: Martlet does not depend on Hummingbird.
let package = Package(
    name: "hummingbird-peer",
    platforms: [.macOS(.v14)],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1")
    ],
    targets: [
        .executableTarget(
            name: "Peer", dependencies: [.product(name: "Hummingbird", package: "hummingbird")])
    ]
)
