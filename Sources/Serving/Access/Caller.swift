// SPDX-License-Identifier: Apache-2.0
package import HTTP1

/// Who sends a request, as far as that is known.
package struct Caller: Equatable, Sendable {
    /// As the tokens file has it; `nil` for somebody who has not been asked who they are.
    package let name: String?
    /// `nil` where no roles are given.
    package let role: AccessRole?
    package let client: ClientAddress

    /// How records name a caller without a name; no line of a tokens file may begin so.
    static let anonymousPrefix = "anonymous"

    init(name: String, role: AccessRole, client: ClientAddress) {
        self.name = name
        self.role = role
        self.client = client
    }

    init(anonymous client: ClientAddress) {
        name = nil
        role = nil
        self.client = client
    }

    /// Who it was, for records: the name, or `anonymous@` and the client's address.
    package var actor: String { name ?? "\(Self.anonymousPrefix)@\(client)" }
}
