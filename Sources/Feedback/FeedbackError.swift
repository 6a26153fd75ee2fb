// SPDX-License-Identifier: Apache-2.0
import GRDB

/// Why the feedback store cannot do what was asked.
package enum FeedbackError: Error, Equatable, Sendable {
    case absent(path: String)
    case cannotOpen(path: String, reason: String)
    case notWritable(path: String, reason: String)
    /// Another process that runs has the server's name.
    case nameTaken(String)
    /// Another process held the file for longer than the busy timeout.
    case busy
    /// The disk is full, or the file is as large as its limit lets it be.
    case diskFull
    /// Written by a later version of this program.
    case tooNew(path: String)
    case corrupt(reason: String)
    /// Not 32 hexadecimal digits.
    case invalidIdentifier(String)
    case database(String)
}

extension FeedbackError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .absent(let path): "there is no feedback store at \(path)"
        case .cannotOpen(let path, let reason):
            "cannot open the feedback store \(path): \(reason)"
        case .notWritable(let path, let reason):
            "cannot write the feedback store \(path): \(reason)"
        case .nameTaken(let name):
            "another server uses the feedback store as '\(name)'; "
                + "give each a feedback-server-name of its own"
        case .busy: "the feedback store is busy: another process holds it"
        case .diskFull: "the feedback store's disk is full"
        case .tooNew(let path): "\(path) was written by a later version of martlet"
        case .corrupt(let reason): "the feedback store is damaged: \(reason)"
        case .invalidIdentifier(let text): "'\(text)' is not a prediction's id"
        case .database(let reason): "feedback store: \(reason)"
        }
    }

    init(_ error: any Error, path: String) {
        switch error {
        case let error as FeedbackError: self = error
        case let error as DatabaseError:
            let reason = error.message ?? error.resultCode.description
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
