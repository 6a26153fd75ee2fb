// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The built `martlet-train`, run as a process in a folder of its own.
struct Program: ~Copyable {
    struct Outcome: Equatable {
        let status: Int32
        let output: String
        let errors: String
    }

    let folder: String

    init() throws {
        var template = Array("/tmp/martlet-train-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(code: errno) }
        folder = String(decoding: template.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }

    /// With a made-up table beside it, `a.csv`, whose target is `label`.
    static func withTable(rows: Int, features: Int) throws -> Program {
        let program = try Program()
        let outcome = try program.run([
            "synthetic", "--rows", "\(rows)", "--features", "\(features)", "--output", "@/a.csv",
        ])
        guard outcome.status == 0 else { throw Failure(code: outcome.status) }
        return program
    }

    deinit {
        if let directory = opendir(folder) {
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                unlink("\(folder)/\(name)")
            }
            closedir(directory)
        }
        rmdir(folder)
    }

    func write(_ text: String, to name: String) throws {
        guard let file = fopen("\(folder)/\(name)", "w") else { throw Failure(code: errno) }
        fputs(text, file)
        fclose(file)
    }

    func read(_ name: String) throws -> [UInt8] {
        let descriptor = open("\(folder)/\(name)", O_RDONLY)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = Glibc.read(descriptor, &chunk, chunk.count), count > 0 {
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// Runs with arguments in which `@` stands for the folder.
    func run(_ arguments: [String]) throws -> Outcome {
        let words = arguments.map { $0.replacing("@", with: folder) }
        var argv: [UnsafeMutablePointer<CChar>?] =
            (["martlet-train"] + words).map { strdup($0) } + [nil]
        defer { for word in argv { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 1, "\(folder)/.output", flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, "\(folder)/.errors", flags, 0o600)
        var child: pid_t = 0
        let code = posix_spawn(&child, Self.path, &actions, nil, &argv, environ)
        guard code == 0 else { throw Failure(code: code) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw Failure(code: errno) }
        }
        return Outcome(
            status: status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F),
            output: String(decoding: try read(".output"), as: UTF8.self),
            errors: String(decoding: try read(".errors"), as: UTF8.self))
    }

    struct Failure: Error {
        let code: Int32
    }

    /// The program is built into the folder of the test program.
    private static var path: String {
        let own = CommandLine.arguments[0]
        let folder = own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return folder.joined(separator: "/") + "/martlet-train"
    }
}
