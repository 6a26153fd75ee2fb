// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import JSON
import Registry

/// The options of `fit` that say where the version goes.
struct RegistryOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The registry; made when there is none.", valueName: "file"))
    var registry: String

    @Option(help: "The model of which this becomes a version.")
    var name: String

    @Option(help: "An alias to move to the version, such as production.")
    var alias: String?

    @Option(help: ArgumentHelp("Write the artifact to this file as well.", valueName: "file"))
    var artifact: String?

    func validate() throws {
        do throws(RegistryError) {
            _ = try names()
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private func names() throws(RegistryError) -> (model: ModelName, alias: AliasName?) {
        let model = try ModelName(name)
        guard let alias else { return (model, nil) }
        return (model, try AliasName(alias))
    }

    /// Tells before a long training rather than after it that its result has no place to go.
    func checkWritable() throws(CommandFailure) {
        let exists = access(registry, F_OK) == 0
        let place = exists ? registry : Self.folder(of: registry)
        guard access(place, W_OK) == 0 else {
            let reason = String(cString: strerror(errno))
            throw .registry(.notWritable(path: registry, reason: reason))
        }
        do throws(RegistryError) {
            if exists { _ = try Registry(path: registry, mode: .readOnly) }
        } catch {
            throw .registry(error)
        }
    }

    func publish(_ fit: Fit) throws(CommandFailure) -> PublishedVersion {
        if let artifact { try OutputFile.write(fit.artifact, to: artifact) }
        do throws(RegistryError) {
            let (model, alias) = try names()
            return try Registry(path: registry, mode: .create).publish(
                VersionDraft(
                    model: model, artifact: fit.artifact, lineage: fit.lineage.text,
                    actor: Host.user, alias: alias))
        } catch {
            throw .registry(error)
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
