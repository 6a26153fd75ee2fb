// SPDX-License-Identifier: Apache-2.0
import Models
import Registry

/// What is served at one moment: an immutable value that each loop holds for itself.
///
/// Made on the control queue from the registry, published whole: a request sees one set from its
/// first byte to its last, so no answer can mix two versions.
package struct ServingSet: Sendable {
    /// One model with the versions that can answer.
    struct Entry: Sendable {
        let name: String
        /// The first promised alias that has a version to answer, or the first one where none has.
        let primaryAlias: String
        /// For a promised alias, why its version is missing, or not the one that the registry
        /// wants.
        let faults: [String: String]
        let aliases: [String: ServedModel]
        let versions: [Int: ServedModel]
        /// Registered versions that were refused or are not resident, with the reason.
        let refused: [Int: String]
        /// Those of them that have failed their proof.
        let refusals: [Int: String]
        /// Every registered alias, also those whose version is refused.
        let registeredAliases: [String: Int]

        /// The version that `/models/{model}/predict` asks.
        var primary: ServedModel? { aliases[primaryAlias] }
    }

    let entries: [Entry]
    /// The model that `POST /predict` asks.
    let defaultModel: ServedModel?
    let promises: [Promise]
    /// What the registry could not give, when it is out of reach.
    let registryFault: String?
    let catalogue: RegistrySnapshot
    /// Those under way, of models that are served.
    var rollouts: [ServedRollout] = []
    /// Shared by all loops, and by the sets that differ in their rollouts only.
    let openAPI = OpenAPICache()
    private let names: StringTable?

    init(
        entries: [Entry], defaultName: String?, promises: [Promise], registryFault: String?,
        catalogue: RegistrySnapshot
    ) {
        self.entries = entries
        self.promises = promises
        self.registryFault = registryFault
        self.catalogue = catalogue
        names = StringTable(entries.map(\.name))
        let served = entries.filter { $0.primary != nil }
        let name = defaultName ?? (served.count == 1 ? served[0].name : nil)
        defaultModel = served.first { $0.name == name }?.primary
    }

    /// Nothing served yet, because of `fault`.
    static func empty(fault: String) -> ServingSet {
        ServingSet(
            entries: [], defaultName: nil, promises: [], registryFault: fault,
            catalogue: RegistrySnapshot.empty)
    }

    /// What `/readyz` says, by a live prediction of each promised alias.
    package func isReady(isDraining: Bool) -> Bool {
        HealthReport(set: self, isDraining: isDraining).isReady
    }

    func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

    func entry(named range: Range<Int>, in text: Span<UInt8>) -> Entry? {
        names?.index(of: range, in: text).map { entries[$0] }
    }
}

/// A model and alias that this server was started to answer for.
package struct Promise: Equatable, Sendable {
    package let model: String
    package let alias: String

    package init(model: String, alias: String) {
        self.model = model
        self.alias = alias
    }
}
