// SPDX-License-Identifier: Apache-2.0

extension String {
    /// In double quotes, as YAML 1.1 and JSON read it.
    var quotedForYAML: String { "\"\(escapedForYAML)\"" }

    /// Without what would end a quoted string, a comment or a line, or steer a terminal.
    var escapedForYAML: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C: text += "\\\(scalar)"
            case ..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
