// SPDX-License-Identifier: Apache-2.0

/// A model's name: `[a-z0-9][a-z0-9._-]{0,127}`, which needs no escaping in a path or a shell.
package struct ModelName: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ text: String) throws(RegistryError) {
        guard Names.isName(text, countMax: 128) else { throw .invalidName(text) }
        description = text
    }
}

/// An alias: like a model name, up to 64 bytes, but not `latest` nor a number, with `v` or without,
/// which would be taken for a version.
package struct AliasName: Hashable, Sendable, CustomStringConvertible {
    package static let production = AliasName(unchecked: "production")
    package static let previous = AliasName(unchecked: "previous")

    package let description: String

    package init(_ text: String) throws(RegistryError) {
        let digits = text.hasPrefix("v") ? text.dropFirst() : text[...]
        guard Names.isName(text, countMax: 64) else { throw .invalidName(text) }
        guard text != "latest", !digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
            throw .reservedName(text)
        }
        description = text
    }

    private init(unchecked text: String) {
        description = text
    }
}

private enum Names {
    static func isName(_ text: String, countMax: Int) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= countMax else {
            return false
        }
        return text.utf8.allSatisfy {
            isAlphanumeric($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || 0x61...0x7A ~= byte
    }
}
