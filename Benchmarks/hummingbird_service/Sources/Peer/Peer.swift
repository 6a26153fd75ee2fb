// SPDX-License-Identifier: Apache-2.0
import Foundation
import Hummingbird
import NIOPosix

/// The same prediction behind Hummingbird 2, written as its documentation teaches: `Codable` in and
/// out, one event loop.
///
///     Peer PORT ARTIFACT
@main
struct Peer {
    struct Input: Decodable {
        let features: [Double]
    }

    struct Answer: ResponseEncodable {
        let prediction: String
        let probabilities: [String: Double]
    }

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let port = Int(arguments[1]) else {
            FileHandle.standardError.write(Data("usage: Peer PORT ARTIFACT\n".utf8))
            exit(2)
        }
        let model = try LinearModel(path: arguments[2])
        let router = Router()
        router.get("readyz") { _, _ in "ready" }
        router.post("predict") { request, context -> Answer in
            let input = try await request.decode(as: Input.self, context: context)
            guard input.features.count == model.featureCount else {
                throw HTTPError(.unprocessableContent)
            }
            let probability = model.probability(input.features)
            return Answer(
                prediction: model.labels[probability > 0.5 ? 1 : 0],
                probabilities: [model.labels[0]: 1 - probability, model.labels[1]: probability])
        }
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1)))
        try await application.runService()
    }
}
