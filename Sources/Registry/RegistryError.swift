// SPDX-License-Identifier: Apache-2.0
import GRDB

/// Why the registry cannot do what was asked.
package enum RegistryError: Error, Equatable, Sendable {
    case absent(path: String)
    case cannotOpen(path: String, reason: String)
    case notWritable(path: String, reason: String)
    /// Another process held the file for longer than the busy timeout.
    case busy
    case diskFull
    /// Written by a later version of this program.
    case tooNew(path: String)
    case corrupt(reason: String)
    case invalidName(String)
    /// An alias that would be taken for a version.
    case reservedName(String)
    case unknownModel(String)
    case unknownVersion(String, Int)
    case unknownAlias(String, alias: String)
    case noEarlierVersion(String, alias: String)
    /// The alias is not where the caller expected it; nothing was changed.
    case conflict(alias: String, expected: String, found: String)
    case digestMismatch(model: String, version: Int)
    case unknownRollout(Int)
    /// The model has an active rollout already.
    case rolloutActive(model: String, id: Int)
    /// The rollout is not at the event that the caller expected; nothing was changed.
    case rolloutConflict(id: Int, expected: Int, found: Int)
    case rolloutEnded(id: Int, state: String)
    case publisherCannotApprove(model: String, version: Int, publisher: String)
    /// The copy could not be written; the registry is as it was.
    case backupFailed(path: String, reason: String)
    case database(String)
}

extension RegistryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .absent(let path): "there is no registry at \(path)"
        case .cannotOpen(let path, let reason): "cannot open the registry \(path): \(reason)"
        case .notWritable(let path, let reason): "cannot write the registry \(path): \(reason)"
        case .busy: "the registry is busy: another process holds it"
        case .diskFull: "the registry's disk is full"
        case .tooNew(let path): "\(path) was written by a later version of martlet"
        case .corrupt(let reason): "the registry is damaged: \(reason)"
        case .invalidName(let name):
            "'\(name)' is not a name: lower-case letters, digits, '.', '_' and '-', "
                + "beginning with a letter or digit"
        case .reservedName(let name):
            "'\(name)' cannot be an alias: it reads as a version; choose another name"
        case .unknownModel(let name): "no model is named '\(name)'"
        case .unknownVersion(let name, let version): "model '\(name)' has no version \(version)"
        case .unknownAlias(let name, let alias): "model '\(name)' has no alias '\(alias)'"
        case .noEarlierVersion(let name, let alias):
            "alias '\(alias)' of model '\(name)' has pointed to one version only"
        case .conflict(let alias, let expected, let found):
            "alias '\(alias)' points to \(found), not to \(expected) as expected; nothing changed"
        case .digestMismatch(let model, let version):
            "the artifact of '\(model)' version \(version) is not what was published"
        case .unknownRollout(let id): "there is no rollout \(id)"
        case .rolloutActive(let model, let id):
            "model '\(model)' has rollout \(id) under way; end or supersede it first"
        case .rolloutConflict(let id, let expected, let found):
            "rollout \(id) is at event \(found), not at \(expected) as expected; nothing changed"
        case .rolloutEnded(let id, let state): "rollout \(id) has ended as \(state)"
        case .publisherCannotApprove(let model, let version, let publisher):
            "'\(publisher)' published '\(model)' version \(version) and cannot approve it"
        case .backupFailed(let path, let reason):
            "cannot write a backup to \(path): \(reason)"
        case .database(let reason): "registry: \(reason)"
        }
    }

    init(_ error: any Error, path: String) {
        switch error {
        case let error as RegistryError: self = error
        case let error as DatabaseError:
            let reason = error.message ?? error.resultCode.description
            if error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
                self = .cannotOpen(
                    path: path,
                    reason: "a writer was cut off; open it once where it can be written, as by "
                        + "'martlet models verify'")
                return
            }
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
            case .SQLITE_FULL: self = .diskFull
            case .SQLITE_READONLY, .SQLITE_PERM: self = .notWritable(path: path, reason: reason)
            case .SQLITE_CANTOPEN, .SQLITE_NOTADB: self = .cannotOpen(path: path, reason: reason)
            case .SQLITE_CORRUPT: self = .corrupt(reason: reason)
            default: self = .database(reason)
            }
        case is RowDecodingError: self = .corrupt(reason: "a row is not what was written")
        default: self = .database("\(error)")
        }
    }
}
