// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Training

extension FitCommand.Family {
    /// The family of a name, with the nearest one told where there is none.
    static func named(_ name: String) throws -> Self {
        if let family = Self(rawValue: name) { return family }
        let names = allCases.map(\.rawValue)
        let suggestion =
            Spelling.nearest(to: name, among: names).map { "did you mean '\($0)'? " } ?? ""
        throw ValidationError("\(suggestion)There are \(names.joined(separator: ", "))")
    }
}
