// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON
import Testing

@testable import Serving

/// What the document says of who may do what, and where.
struct OpenAPIAccessTests {
    private static func roles(_ operation: OpenAPIFixture.Operation) -> Set<String> {
        let schemes = operation.json["security"]?.array ?? []
        return Set(
            schemes.flatMap { scheme in
                (scheme.members ?? []).flatMap { ($0.value.array ?? []).compactMap(\.string) }
            })
    }

    /// The role of each operation is the one that the service asks for.
    @Test func rolesAreTheRoutes() throws {
        let tokens = try TokensFixture()
        let control = try tokens.control()
        let fixture = try OpenAPIFixture { $0.access = .roles(control) }
        // Its own description takes a role.
        #expect(fixture.document["paths"] == nil)
        let document = try fixture.service.send(
            "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\(tokens.field(.viewer))\r\n"
        ).json
        let read = OpenAPIFixture(service: fixture.service, document: document)
        #expect(read.operations.count > 60)
        for operation in read.operations {
            let needed = Self.roles(operation)
            #expect(needed.count <= 1, "\(operation.path)")
            for caller in AccessRole.allCases {
                let answer = try fixture.service.send(
                    "\(operation.method.uppercased()) \(operation.example) HTTP/1.1\r\nHost: a\r\n"
                        + "\(tokens.field(caller))\r\n")
                let isEnough = needed.allSatisfy {
                    AccessRole(rawValue: $0).map(caller.includes) ?? false
                }
                #expect(
                    (answer.status != 403) == isEnough,
                    "\(operation.method) \(operation.path) \(caller)")
            }
            let nobody = try fixture.service.send(
                "\(operation.method.uppercased()) \(operation.example) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect((nobody.status == 401) == !needed.isEmpty, "\(operation.path)")
        }
    }

    /// Without a line for predictors everybody may predict, and without a file do anything.
    @Test func opensWhatIsOpen() throws {
        let tokens = try TokensFixture(without: [.predictor])
        let control = try tokens.control()
        let fixture = try ServingFixture.serving { $0.access = .roles(control) }
        let document = try fixture.send(
            "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\(tokens.field(.viewer))\r\n"
        ).json
        let paths = try #require(document["paths"])
        #expect(paths["/predict"]?["post"]?["security"] == [])
        #expect(paths["/models"]?["get"]?["security"] != [])
        let open = try OpenAPIFixture.full()
        for operation in open.operations { #expect(operation.json["security"] == []) }
    }

    /// An address describes what is to be found there.
    @Test func knowsItsAddress() throws {
        let fixture = try OpenAPIFixture { $0.surface = .administration }
        let paths = fixture.paths.map(\.name)
        #expect(paths.contains("/predict") && paths.contains("/rollouts"))
        #expect(!paths.contains("/feedback"))
        let predictions = try ServingFixture.serving { $0.surface = .predictions }
        #expect(try predictions.get("/openapi.json").slug == "no-such-route")
    }
}
