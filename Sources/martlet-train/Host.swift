// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Training

/// The machine and the user that a version was trained by.
enum Host {
    /// The login name, or the number of a user who has none.
    static var user: String {
        guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else {
            return "uid \(geteuid())"
        }
        return String(cString: name)
    }

    /// The working directory; `nil` once it is removed.
    static var directory: String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    static var environment: JSONValue {
        var names = utsname()
        uname(&names)
        return [
            "system": .string(distribution ?? text(names.sysname)),
            "kernel": .string("\(text(names.sysname)) \(text(names.release))"),
            "architecture": .string(text(names.machine)),
            "processors": .integer(Workers.processorCount),
        ]
    }

    /// `PRETTY_NAME` of os-release(5).
    private static var distribution: String? {
        guard let file = try? SourceFile(path: "/etc/os-release") else { return nil }
        let lines = String(decoding: file.bytes, as: UTF8.self).split(separator: "\n")
        let prefix = "PRETTY_NAME="
        return lines.first { $0.hasPrefix(prefix) }.map {
            $0.dropFirst(prefix.count).filter { $0 != "\"" }
        }
    }

    /// A fixed array of C characters, terminated.
    private static func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
