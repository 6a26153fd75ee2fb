// SPDX-License-Identifier: Apache-2.0
import Registry

/// Why a tokens file is refused; lines count from 1. What stands there is not repeated: it may be
/// a token that somebody has put there in the clear.
package enum AccessTableError: Error, Equatable, Sendable {
    case unreadable(reason: String)
    case tooLarge(byteCountMax: Int)
    case tooManyLines(countMax: Int)
    /// Not visible ASCII, spaces and tabs.
    case malformedText(line: Int)
    /// Not three or four words.
    case malformedLine(line: Int)
    case malformedName(line: Int)
    case unknownRole(line: Int)
    case malformedCredential(line: Int)
    case malformedExpiry(line: Int)
    case duplicateCredential(line: Int, first: Int)
    /// One name, two roles: the log could not tell which of them acted.
    case differentRole(line: Int, first: Int)
}

extension AccessTable {
    package static let byteCountMax = 1_048_576
    /// Each token is compared at each request.
    package static let entryCountMax = 1_000

    /// Reads a tokens file: lines of `NAME ROLE CREDENTIAL [expires=DATE]`, empty ones, and
    /// comments from a word that begins with `#` on.
    package init(parsing bytes: [UInt8]) throws(AccessTableError) {
        guard bytes.count <= Self.byteCountMax else {
            throw .tooLarge(byteCountMax: Self.byteCountMax)
        }
        var entries: [Entry] = []
        var lineOfCredential: [AccessCredential: Int] = [:]
        var firstOfName: [String: (line: Int, role: AccessRole)] = [:]
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, text) in lines.enumerated() {
            let line = index + 1
            guard let entry = try Self.entry(text, line: line) else { continue }
            guard entries.count < Self.entryCountMax else {
                throw .tooManyLines(countMax: Self.entryCountMax)
            }
            if let first = lineOfCredential.updateValue(line, forKey: entry.credential) {
                throw .duplicateCredential(line: line, first: first)
            }
            let first = firstOfName[entry.name] ?? (line, entry.role)
            guard first.role == entry.role else {
                throw .differentRole(line: line, first: first.line)
            }
            firstOfName[entry.name] = first
            entries.append(entry)
        }
        self.init(entries)
    }

    /// - Returns: `nil` for a line that says nothing.
    private static func entry(
        _ text: ArraySlice<UInt8>, line: Int
    ) throws(AccessTableError) -> Entry? {
        let text = text.last == 0x0D ? text.dropLast() : text
        var words: [String] = []
        for word in text.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 }) {
            // Comments are in any language.
            if word.first == 0x23 { break }
            guard word.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw .malformedText(line: line) }
            words.append(String(decoding: word, as: UTF8.self))
        }
        guard !words.isEmpty else { return nil }
        guard 3...4 ~= words.count else { throw .malformedLine(line: line) }
        guard isName(words[0]) else { throw .malformedName(line: line) }
        guard let role = AccessRole(rawValue: words[1]) else { throw .unknownRole(line: line) }
        guard let credential = AccessCredential(words[2]) else {
            throw .malformedCredential(line: line)
        }
        let expiry = try words.dropFirst(3).first.map { word throws(AccessTableError) in
            try Self.expiry(word, line: line)
        }
        return Entry(name: words[0], role: role, credential: credential, expiry: expiry)
    }

    private static func expiry(
        _ word: String, line: Int
    ) throws(AccessTableError) -> Timestamp {
        let key = "expires="
        guard word.hasPrefix(key), let moment = Timestamp(String(word.dropFirst(key.count))) else {
            throw .malformedExpiry(line: line)
        }
        return moment
    }

    /// `[A-Za-z0-9][A-Za-z0-9._@-]{0,63}`, which needs no escaping in a log, a shell or a record;
    /// but nothing that begins like what records call a caller without a name.
    package static func isName(_ text: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte
        }
        guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 64,
            !text.lowercased().hasPrefix(Caller.anonymousPrefix)
        else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "._@-".utf8.contains($0) }
    }
}

extension AccessTableError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let reason): reason
        case .tooLarge(let byteCountMax): "it is larger than \(byteCountMax) bytes"
        case .tooManyLines(let countMax): "it has more than \(countMax) lines that name somebody"
        case .malformedText(let line): "line \(line): a byte is no visible ASCII"
        case .malformedLine(let line):
            "line \(line) is not NAME ROLE CREDENTIAL [expires=DATE]"
        case .malformedName(let line):
            "line \(line): a name is of letters, digits, '.', '_', '@' and '-', up to 64, and does not "
                + "begin with '\(Caller.anonymousPrefix)'"
        case .unknownRole(let line):
            "line \(line): a role is one of "
                + AccessRole.allCases.map(\.rawValue).joined(separator: ", ")
        case .malformedCredential(let line):
            "line \(line): a credential is sha256: with 64 hexadecimal digits, cert-sha256: with as "
                + "many, cert-dns:NAME or cert-uri:URI"
        case .malformedExpiry(let line):
            "line \(line): the last word is not expires= and a date like 2027-01-31 or "
                + "2027-01-31T12:00:00Z"
        case .duplicateCredential(let line, let first):
            "line \(line) has the credential of line \(first)"
        case .differentRole(let line, let first):
            "line \(line) gives the name of line \(first) another role"
        }
    }
}
