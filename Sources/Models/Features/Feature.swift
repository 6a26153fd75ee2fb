// SPDX-License-Identifier: Apache-2.0

/// One input of a model.
package struct Feature: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case number
        case category(CategoryDictionary)
        case text
    }

    package let name: String
    package let kind: Kind

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}
