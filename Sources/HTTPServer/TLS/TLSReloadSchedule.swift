// SPDX-License-Identifier: Apache-2.0

/// When the files of a TLS server are to be read again.
///
/// A plain value, asked at each poll with what the files look like then; nothing here reads a file
/// or a clock. A certificate and its key are written one after the other, so files that have
/// changed are read once they have rested for a poll, and those that cannot be used are tried again
/// for some polls before they count as bad. After that they wait for the next change.
package struct TLSReloadSchedule<Stamp: Equatable & Sendable>: Sendable {
    /// How often files are read that cannot be used, before they count as bad.
    package static var attemptsMax: Int { 5 }
    /// The keys that seal session tickets live as long as a context, and must not live for long
    /// (RFC 9325 section 3.4).
    package static var contextSecondsMax: UInt64 { 86_400 }

    private var seen: Stamp
    private var loadedSeconds: UInt64
    /// How often the files may still be read.
    private var attempts = 0

    /// - Parameter loaded: what the files looked like before they were read for the first time.
    package init(loaded stamp: Stamp, atSeconds seconds: UInt64) {
        seen = stamp
        loadedSeconds = seconds
    }

    /// Whether to read the files now.
    package mutating func poll(_ stamp: Stamp, atSeconds seconds: UInt64) -> Bool {
        if stamp != seen {
            seen = stamp
            attempts = Self.attemptsMax
            return false
        }
        if attempts == 0, seconds - min(seconds, loadedSeconds) >= Self.contextSecondsMax {
            loadedSeconds = seconds
            attempts = Self.attemptsMax
        }
        return attempts > 0
    }

    /// The files are read now because someone asks for it.
    package mutating func force(_ stamp: Stamp) {
        seen = stamp
        attempts = 1
    }

    package mutating func succeeded(atSeconds seconds: UInt64) {
        attempts = 0
        loadedSeconds = seconds
    }

    /// - Returns: whether the files count as bad now.
    package mutating func failed() -> Bool {
        attempts -= 1
        return attempts <= 0
    }
}
