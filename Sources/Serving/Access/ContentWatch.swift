// SPDX-License-Identifier: Apache-2.0

/// When a small file is to be judged anew.
///
/// A plain value, told at each poll what the file holds; nothing here reads a file. A file may be
/// seen half written, and half a tokens file is one of fewer tokens: what has changed is judged
/// once it is the same at two polls. Whole contents are compared, so no state of a file is missed
/// that has the time and the size of another.
struct ContentWatch: Sendable {
    enum Contents: Equatable, Sendable {
        case bytes([UInt8])
        case unreadable(errno: Int32)
    }

    private var judged: Contents
    private var seen: Contents

    init(judged contents: Contents) {
        judged = contents
        seen = contents
    }

    /// Whether to judge what the file holds now.
    mutating func poll(_ contents: Contents) -> Bool {
        guard contents == seen else {
            seen = contents
            return false
        }
        guard contents != judged else { return false }
        judged = contents
        return true
    }

    /// The contents are judged now because someone asks for it.
    mutating func force(_ contents: Contents) {
        judged = contents
        seen = contents
    }
}
