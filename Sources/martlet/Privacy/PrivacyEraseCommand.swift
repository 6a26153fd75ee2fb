// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Feedback
import JSON

struct PrivacyEraseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Delete every prediction of a key, with its label.",
        discussion: """
            The file is then written anew, so that none of the bytes stay in it. A server may go \
            on using it meanwhile. Its last seconds of predictions may not have reached the file: \
            erase once more where the key may just have been used.
            """)

    @OptionGroup var options: PrivacyOptions

    @Flag(help: "Print one JSON document.")
    var json = false

    func run() throws {
        let count = try options.with { try $0.erase(key: options.keyBytes) }
        if json {
            let document: JSONValue = ["erased": .integer(count)]
            Console.line(document.text)
        } else {
            Console.line(count == 1 ? "1 prediction erased" : "\(count) predictions erased")
        }
    }
}
