// SPDX-License-Identifier: Apache-2.0
import JSON

/// The API of a server as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1).
struct OpenAPIDocument {
    private let set: ServingSet

    init(_ set: ServingSet) {
        self.set = set
    }

    var json: JSONValue {
        [
            "openapi": "3.1.1",
            "info": ["title": "Martlet", "version": "1"],
            "paths": [:],
        ]
    }
}
